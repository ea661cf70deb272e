// SPDX-License-Identifier: MIT

// Reads all files below a directory: read_files DIRECTORY.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	files, bytes := 0, 0
	err := filepath.WalkDir(os.Args[1],
		func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			files++
			bytes += len(content)
			return err
		})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(files, bytes)
}
