"""What can go wrong in the recorder. `is_retryable` says whether trying again can help. No message carries a key."""


class RecorderError(Exception):
    """Base of all errors of the recorder."""

    is_retryable = True


class HubUnavailable(RecorderError):
    """The hub's process does not answer on its control socket."""


class HubSilent(HubUnavailable):
    """The hub's process is there and says nothing: it hangs."""


class HubFailed(RecorderError):
    """The hub's process could not be started; the message is its last line."""


class SlateFailed(RecorderError):
    """A slate could not be rendered; the message is ffmpeg's last line."""

    is_retryable = False


class ArchiveFailed(RecorderError):
    """The recording could not be put together; the message is ffmpeg's last line."""


class NothingRecorded(ArchiveFailed):
    """There is not one segment to make a recording of."""


class DiskFull(ArchiveFailed):
    """There is not room enough on the disk; the message says how much is missing."""


class ManifestBroken(RecorderError):
    """The manifest's chain does not hold, or a segment is not what the manifest says."""

    is_retryable = False


class ViewingFailed(RecorderError):
    """The public address does not show the broadcast; the message is a short code."""


class JibriBusy(RecorderError):
    """This Jibri serves another session (HTTP 412)."""


class JibriUnavailable(RecorderError):
    """This Jibri does not answer, or says that it is not healthy."""


class JibriRefused(RecorderError):
    """This Jibri does not accept the request as it stands."""

    is_retryable = False


class FrontFailed(RecorderError):
    """nginx, which takes the encoder in, could not be started; the message is its last line."""
