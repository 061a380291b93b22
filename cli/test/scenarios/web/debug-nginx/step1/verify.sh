#!/bin/sh
test -e /tmp/found
