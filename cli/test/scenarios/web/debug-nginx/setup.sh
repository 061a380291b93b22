#!/bin/bash
mkdir -p /srv/site
touch /tmp/ready
