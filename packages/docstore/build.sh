#!/bin/sh
# Builds the embedded document store: build.sh OUT. Needs javac 17 and mvn. OUT gets the jars.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/jars" "$work/classes"
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/jars"
javac -d "$work/classes" -cp "$work/jars/*" "$here/java/agon/DocStore.java"
jar cf "$work/jars/agon-docstore.jar" -C "$work/classes" .
rm -rf "$out"
mkdir -p "$(dirname "$out")"
mv "$work/jars" "$out"
