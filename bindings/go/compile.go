package toolgate

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/api"
)

// A Document is one text of a policy, in YAML or JSON.
type Document struct {
	// Name is what diagnostics call it. A name that ends in ".json" is read as JSON.
	Name string
	// Text is what it says.
	Text []byte
}

// A CompileOption is for compiling a policy. Every [Option] is one too.
type CompileOption interface {
	compile(*compilation)
}

// A compilation is what the options of compiling come to.
type compilation struct {
	withSources bool
	options     []Option
}

// WithSources puts the documents into the artifact, so that a policy that is loaded from it can explain. They are no part
// of the policy's digest and never matter for a decision.
func WithSources() CompileOption {
	return sourcesOption{}
}

type sourcesOption struct{}

func (sourcesOption) compile(c *compilation) {
	c.withSources = true
}

func (o Option) compile(c *compilation) {
	c.options = append(c.options, o)
}

// Compile makes a policy out of one document.
//
// If it makes no policy, the error has all that is wrong in its Diagnostics; warnings about a policy that it does make are
// in [Policy.Diagnostics].
//
// The first call in a process takes about a second, in which the compiler itself is made ready. It is for a build, a test or a
// start: where calls are decided, [Load] what was compiled before.
func Compile(text []byte, options ...CompileOption) (*Policy, error) {
	return CompileDocuments([]Document{{Name: "policy.yaml", Text: text}}, options...)
}

// CompileDocuments is [Compile] of several documents that make one policy.
func CompileDocuments(documents []Document, options ...CompileOption) (*Policy, error) {
	if len(documents) == 0 {
		return nil, failure(CodeNoDocuments, "a policy is compiled from at least one document")
	}
	kept := make([]Document, 0, len(documents))
	for _, document := range documents {
		if !utf8.ValidString(document.Name) {
			return nil, failure(CodeInvalidUTF8, "the name of a document is not UTF-8: %q", document.Name)
		}
		kept = append(kept, Document{Name: document.Name, Text: bytes.Clone(document.Text)})
	}
	var asked compilation
	for _, option := range options {
		option.compile(&asked)
	}
	artifact, diagnostics, err := compile(kept, asked.withSources)
	if err != nil {
		return nil, err
	}
	policy, err := load(artifact, nil, asked.options)
	if err != nil {
		return nil, err
	}
	policy.documents, policy.diagnostics = kept, diagnostics
	return policy, nil
}

// compile returns the artifact and what there is to say about the documents.
func compile(documents []Document, withSources bool) (artifact []byte, diagnostics []Diagnostic, err error) {
	err = withCompiler(func(c *caller) error {
		artifact, diagnostics, err = c.compile(documents, withSources)
		return err
	})
	return artifact, diagnostics, err
}

func (c *caller) compile(documents []Document, withSources bool) ([]byte, []Diagnostic, error) {
	name := "toolgate_compile"
	if withSources {
		name = "toolgate_compile_with_sources"
	}
	var compile, diagnosticsAt, diagnosticsLen api.Function
	err := c.exports(map[string]*api.Function{
		name:                       &compile,
		"toolgate_diagnostics":     &diagnosticsAt,
		"toolgate_diagnostics_len": &diagnosticsLen,
	})
	if err != nil {
		return nil, nil, err
	}
	address, length, err := c.put(recordsOf(documents)...)
	if err != nil {
		return nil, nil, err
	}
	_, refused := c.status(compile, uint64(address), uint64(length))
	if errors.Is(refused, CodeTrap) {
		return nil, nil, refused
	}
	var artifact []byte
	if refused == nil {
		output, err := c.output()
		if err != nil {
			return nil, nil, err
		}
		artifact = append(artifact, output...)
	}
	told, err := c.view(diagnosticsAt, diagnosticsLen)
	if err != nil {
		return nil, nil, err
	}
	var diagnostics []Diagnostic
	if len(told) > 0 {
		if err := json.Unmarshal(told, &diagnostics); err != nil {
			return nil, nil, trapped(err)
		}
	}
	if refused != nil {
		return nil, nil, invalid(refused, diagnostics)
	}
	return artifact, diagnostics, nil
}

// withCompiler calls an instance of the compiler, which is given back at once: it may have grown to the size of the policy.
func withCompiler(run func(*caller) error) error {
	module, err := compilerShared.instantiate(compilerModule)
	if err != nil {
		return err
	}
	c := caller{module: module, memory: module.Memory()}
	defer c.close()
	return run(&c)
}

// recordsOf are the documents as the compiler reads them: names and texts, each behind its length.
func recordsOf(documents []Document) [][]byte {
	var records [][]byte
	for _, document := range documents {
		for _, part := range [][]byte{[]byte(document.Name), document.Text} {
			// A length that does not fit a word is refused where all of them are added up.
			records = append(records, binary.LittleEndian.AppendUint32(nil, uint32(len(part))), part)
		}
	}
	return records
}

// invalid is the error of documents that make no policy.
func invalid(refused error, diagnostics []Diagnostic) error {
	for _, diagnostic := range diagnostics {
		if diagnostic.Severity == SeverityError {
			return &Error{Code: diagnostic.Code, Message: "the documents make no policy", Diagnostics: diagnostics}
		}
	}
	return refused
}
