package toolgate

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// vectorsDirectory is the law as data; see docs/testing.md.
const vectorsDirectory = "../../vectors"

// text is a text of a vector: as it is, in hexadecimal, or as something repeated.
type text struct {
	plain    *string
	hex      *string
	repeated *repeated
}

type repeated struct {
	Prefix string `json:"prefix"`
	Unit   string `json:"unit"`
	Count  int    `json:"count"`
	Suffix string `json:"suffix"`
}

func (x text) bytes(t *testing.T) []byte {
	t.Helper()
	switch {
	case x.plain != nil:
		return []byte(*x.plain)
	case x.hex != nil:
		decoded, err := hex.DecodeString(*x.hex)
		if err != nil {
			t.Fatal(err)
		}
		return decoded
	case x.repeated != nil:
		var built strings.Builder
		built.WriteString(x.repeated.Prefix)
		for index := range x.repeated.Count {
			built.WriteString(strings.ReplaceAll(x.repeated.Unit, "{i}", strconv.Itoa(index)))
		}
		built.WriteString(x.repeated.Suffix)
		return []byte(built.String())
	}
	t.Fatal("a vector without its text")
	return nil
}

type decideVector struct {
	Policy   *string
	Policies []string
	Cases    []struct {
		Name          string
		Law           string
		Request       *string
		RequestHex    *string   `json:"request_hex"`
		RequestRepeat *repeated `json:"request_repeat"`
		Clarified     bool
		Expect        map[string]any
	}
}

type documentVector struct {
	Law            string
	Name           *string
	Document       *string
	DocumentHex    *string   `json:"document_hex"`
	DocumentRepeat *repeated `json:"document_repeat"`
	Documents      []string
	Warnings       []Code
	Expect         []struct {
		Code  Code
		File  *int
		Span  []int
		Start *int
	}
}

// readJSON reads a file whose every member must be known, so that nothing a vector asks for is passed over. Numbers keep
// their digits.
func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// files lists all vectors of an area, in order.
func files(t *testing.T, area string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(filepath.Join(vectorsDirectory, area), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// counted asserts what the index says of an area.
func counted(t *testing.T, area string, found map[string]int) {
	t.Helper()
	var index struct {
		Format, Files, Cases         int
		Decide, Reject, Accept, Warn map[string]int
	}
	readJSON(t, filepath.Join(vectorsDirectory, "index.json"), &index)
	areas := map[string]map[string]int{"decide": index.Decide, "reject": index.Reject, "accept": index.Accept, "warn": index.Warn}
	if !reflect.DeepEqual(areas[area], found) {
		t.Errorf("vectors/%s: ran %v, the index says %v", area, found, areas[area])
	}
	if files, ok := found["files"]; ok {
		fmt.Printf("vectors/%s: %d files, %d cases\n", area, files, found["cases"])
	} else {
		fmt.Printf("vectors/%s: %d cases\n", area, found["cases"])
	}
}

func TestVectorsDecide(t *testing.T) {
	all := files(t, "decide")
	cases := 0
	for _, path := range all {
		t.Run(strings.TrimPrefix(path, vectorsDirectory), func(t *testing.T) {
			var vector decideVector
			readJSON(t, path, &vector)
			if vector.Policy != nil {
				vector.Policies = []string{*vector.Policy}
			}
			var documents []Document
			for index, policy := range vector.Policies {
				documents = append(documents, Document{Name: fmt.Sprintf("policy%d.yaml", index), Text: []byte(policy)})
			}
			policy, err := CompileDocuments(documents, WithInstances(1))
			if err != nil {
				t.Fatal(err)
			}
			defer policy.Close()
			for _, one := range vector.Cases {
				cases++
				var options []DecideOption
				if one.Clarified {
					options = append(options, Clarified())
				}
				request := text{one.Request, one.RequestHex, one.RequestRepeat}.bytes(t)
				decision, err := policy.Decide(request, options...)
				if err != nil {
					t.Errorf("%s: %v", one.Name, err)
				}
				verdict, err := policy.Verdict(request, options...)
				if err != nil || verdict != decision.Decision {
					t.Errorf("%s: the verdict alone is %v, %v; in full %v", one.Name, verdict, err, decision.Decision)
				}
				told := sameAsTold(t, policy, decision, request, options)
				for key, expected := range one.Expect {
					if !reflect.DeepEqual(told[key], expected) {
						t.Errorf("%s: %s is %v, the vector says %v", one.Name, key, told[key], expected)
					}
				}
			}
		})
	}
	counted(t, "decide", map[string]int{"files": len(all), "cases": cases})
}

// sameAsTold asserts that a decision's JSON is what the engine has written, and returns it as it is without Go's types.
func sameAsTold(t *testing.T, policy *Policy, decision Decision, request []byte, options []DecideOption) map[string]any {
	t.Helper()
	instance, err := policy.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer policy.release(instance)
	if _, err := instance.ask(instance.decideFunction, request, flagsOf(options)); err != nil {
		t.Fatal(err)
	}
	output, err := instance.output()
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	encoder := json.NewEncoder(&written)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(decision); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSuffix(written.String(), "\n"); got != string(output) {
		t.Errorf("the decision's JSON is %s\nthe engine has written %s", got, output)
	}
	var told map[string]any
	decoder := json.NewDecoder(bytes.NewReader(output))
	decoder.UseNumber()
	if err := decoder.Decode(&told); err != nil {
		t.Fatal(err)
	}
	return told
}

// documentsOf are the documents of a vector about documents.
func (v documentVector) documentsOf(t *testing.T) []Document {
	t.Helper()
	name := "policy.yaml"
	if v.Name != nil {
		name = *v.Name
	}
	if len(v.Documents) == 0 {
		return []Document{{Name: name, Text: text{v.Document, v.DocumentHex, v.DocumentRepeat}.bytes(t)}}
	}
	var documents []Document
	for index, document := range v.Documents {
		if index > 0 {
			documents = append(documents, Document{Name: fmt.Sprintf("%d-%s", index, name), Text: []byte(document)})
		} else {
			documents = append(documents, Document{Name: name, Text: []byte(document)})
		}
	}
	return documents
}

// told is what compiling documents tells, errors and warnings apart.
func told(t *testing.T, documents []Document) (found, warnings []Diagnostic) {
	t.Helper()
	policy, err := CompileDocuments(documents, WithInstances(1))
	var all []Diagnostic
	if err != nil {
		all = err.(*Error).Diagnostics
	} else {
		all = policy.Diagnostics()
		policy.Close()
	}
	for _, diagnostic := range all {
		switch diagnostic.Severity {
		case SeverityError:
			found = append(found, diagnostic)
		case SeverityWarning:
			warnings = append(warnings, diagnostic)
		default:
			t.Errorf("%v is neither an error nor a warning", diagnostic)
		}
	}
	if (err != nil) != (len(found) > 0) {
		t.Errorf("%v, and errors %v", err, found)
	}
	return found, warnings
}

// areExpected compares codes, files and places.
func (v documentVector) areExpected(found []Diagnostic, documents []Document) bool {
	if len(found) != len(v.Expect) {
		return false
	}
	for index, expected := range v.Expect {
		one := found[index]
		if one.Code != expected.Code || (expected.File != nil && one.File != documents[*expected.File].Name) {
			return false
		}
		if expected.Span != nil && !reflect.DeepEqual(expected.Span, []int{one.Span.Start, one.Span.End}) {
			return false
		}
		if expected.Span == nil && expected.Start != nil && one.Span.Start != *expected.Start {
			return false
		}
	}
	return true
}

// eachDocument runs every vector of an area.
func eachDocument(t *testing.T, area string, test func(*testing.T, documentVector, []Document)) {
	t.Helper()
	all := files(t, area)
	for _, path := range all {
		t.Run(strings.TrimPrefix(path, vectorsDirectory), func(t *testing.T) {
			var vector documentVector
			readJSON(t, path, &vector)
			test(t, vector, vector.documentsOf(t))
		})
	}
	counted(t, area, map[string]int{"cases": len(all)})
}

func TestVectorsReject(t *testing.T) {
	eachDocument(t, "reject", func(t *testing.T, vector documentVector, documents []Document) {
		found, _ := told(t, documents)
		if len(found) == 0 || !vector.areExpected(found, documents) {
			t.Errorf("expected %+v, found %v", vector.Expect, found)
		}
	})
}

func TestVectorsWarn(t *testing.T) {
	eachDocument(t, "warn", func(t *testing.T, vector documentVector, documents []Document) {
		found, warnings := told(t, documents)
		if len(found) > 0 || !vector.areExpected(warnings, documents) {
			t.Errorf("expected %+v, found %v and %v", vector.Expect, warnings, found)
		}
	})
}

func TestVectorsAccept(t *testing.T) {
	eachDocument(t, "accept", func(t *testing.T, vector documentVector, documents []Document) {
		found, warnings := told(t, documents)
		if len(found) > 0 {
			t.Errorf("found %v", found)
		}
		for _, expected := range vector.Warnings {
			is := false
			for _, warning := range warnings {
				is = is || warning.Code == expected
			}
			if !is {
				t.Errorf("no %s among %v", expected, warnings)
			}
		}
	})
}
