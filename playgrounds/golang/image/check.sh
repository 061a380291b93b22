#!/bin/sh
# Run as root in a machine of this image: fails where it is not what the recipe promises.
set -eu
. /etc/os-release
[ "$VERSION_CODENAME" = trixie ]
go version
folder=$(mktemp -d)
cd "$folder"
printf 'package main\n\nfunc main() { println("hello") }\n' > hello.go
printf 'hello: hello.go\n\tgo build -o hello hello.go\n' > Makefile
make
[ "$(./hello 2>&1)" = hello ]
rm -r "$folder"
