// Command zip writes the Go module as the go command downloads it: the file that a module proxy would serve.
//
//	go run zip.go DIRECTORY MODULE@VERSION OUT.zip
package main

import (
	"archive/zip"
	"io"
	"io/fs"
	"log"
	"os"
	"path"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: zip DIRECTORY MODULE@VERSION OUT.zip")
	}
	out, err := os.Create(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	if err := write(out, os.DirFS(os.Args[1]), os.Args[2]); err != nil {
		log.Fatal(err)
	}
	if err := out.Close(); err != nil {
		log.Fatal(err)
	}
}

// write packs all files, in order and without times, so that the same files are the same bytes.
func write(out io.Writer, files fs.FS, prefix string) error {
	archive := zip.NewWriter(out)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		file, err := archive.Create(path.Join(prefix, name))
		if err != nil {
			return err
		}
		_, err = file.Write(content)
		return err
	})
	if err != nil {
		return err
	}
	return archive.Close()
}
