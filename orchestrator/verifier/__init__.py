"""Verifies a record or an evidence bundle of Plenari, offline and without Plenari.

    python3 verify.pyz BUNDLE.zip      everything in a bundle
    python3 verify.pyz record.jsonl    the chain of a record alone

It needs Python 3.9 or later and nothing else: this package is all of it. A copy lies in every bundle; who wants to be
sure takes the one from Plenari's source. The rules, so that anybody can check them with other tools:

- A line of `record.jsonl` is an event. Its `hash` is sha256(previous hash ‖ canonical JSON of `at`, `body`, `name`,
  `recorded_at`, `seq`); the first previous hash is 32 zero bytes. Canonical: keys sorted, no spaces, UTF-8.
- What is personal stands in the body as `sha256:…`, the hash of a salt and the value; both lie beside the body, in
  `personal`. They can be taken away when its time is over, and the chain still holds.
- `manifest.json` names every file with its SHA-256, the end of the chain and the recording; `seal.json` holds an
  Ed25519 signature (RFC 8032) of the bytes of `manifest.json`. Whose key it is, only its owner can tell: compare it.
- The zip has no freedom: nothing is compressed or dated, nothing lies between or behind the files. No byte goes unseen.
- A time stamp (`timestamp.tsr`, RFC 3161) is checked to name the manifest. That its authority signed it, `openssl ts`
  can say.

Inside: `record` (the chain), `signature` (Ed25519), `stored_zip` (the container), `bundle` (all of it together).
"""
