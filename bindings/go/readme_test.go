package toolgate

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// block is the block of code behind a mark on a page.
func block(t *testing.T, page, mark string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "<!-- "+mark+" -->\n```")
	_, rest, begun := strings.Cut(rest, "\n")
	code, _, ended := strings.Cut(rest, "```")
	if !found || !begun || !ended {
		t.Fatalf("the page has no %s", mark)
	}
	return code
}

// elsewhere makes a module in a directory of its own, of this program, that depends on this one as it is here.
func elsewhere(t *testing.T, program string) string {
	t.Helper()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, requirements, _ := strings.Cut(string(own), "\n")
	const name = "github.com/toolgate/toolgate/bindings/go"
	directory := t.TempDir()
	for file, content := range map[string]string{
		"main.go": program,
		"go.mod":  "module example\n" + requirements + "\nrequire " + name + " v0.0.0\nreplace " + name + " => " + here + "\n",
		"go.sum":  string(sums),
	} {
		if err := os.WriteFile(filepath.Join(directory, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

// goes runs the go command without cgo, and returns what it printed.
func goes(t *testing.T, directory string, arguments ...string) string {
	t.Helper()
	command := exec.Command("go", arguments...)
	command.Dir = directory
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	var problems bytes.Buffer
	command.Stderr = &problems
	printed, err := command.Output()
	if err != nil {
		t.Fatalf("go %v: %v\n%s%s", arguments, err, printed, problems.String())
	}
	return string(printed)
}

func TestExamplesOfPagesRun(t *testing.T) {
	for _, name := range []string{"README.md", "../../README.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		printed := goes(t, elsewhere(t, block(t, string(page), "file: main.go")), "run", ".")
		if expected := block(t, string(page), "output"); printed != expected {
			t.Errorf("%s: it printed %s instead of %s", name, printed, expected)
		}
	}
}

func TestAProgramThatOnlyLoadsHasNoCompiler(t *testing.T) {
	for call, compiles := range map[string]bool{"Load": false, "Compile": true} {
		directory := elsewhere(t, `package main

import "github.com/toolgate/toolgate/bindings/go"

func main() {
	_, err := toolgate.`+call+`(nil)
	println(err.Error())
}
`)
		goes(t, directory, "build", "-o", "program", ".")
		program, err := os.ReadFile(filepath.Join(directory, "program"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(program, runtimeModule) {
			t.Errorf("a program that calls %s has no runtime", call)
		}
		if bytes.Contains(program, compilerModule) != compiles {
			t.Errorf("whether a program that calls %s has the compiler should be %v", call, compiles)
		}
	}
}

func TestLicencesAreThoseOfTheRepository(t *testing.T) {
	for _, name := range []string{"LICENSE-APACHE", "LICENSE-MIT"} {
		here, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if there, err := os.ReadFile(filepath.Join("..", "..", name)); err != nil || !bytes.Equal(here, there) {
			t.Errorf("%s is another one, %v", name, err)
		}
	}
}
