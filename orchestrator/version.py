"""Which version of Plenari this is."""

VERSION = "0.1.0"
