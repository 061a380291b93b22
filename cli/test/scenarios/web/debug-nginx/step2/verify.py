#!/usr/bin/env python3
import os, sys
sys.exit(0 if os.path.exists("/tmp/fixed") else 1)
