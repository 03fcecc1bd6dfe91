"""The evidence of a session: sealed when it is over, bundled for whoever asks, verified without us, forgotten on time.

`keys` (the installation's signature), `manifest` (what is signed), `seals` (what is kept in the database), `sealing`
(the job), `exhibits` (the documents in it), `bundle` (the zip), `stamping` (RFC 3161), `signing` (PAdES), `pruning`.
`orchestrator.verifier` checks it all.
"""
