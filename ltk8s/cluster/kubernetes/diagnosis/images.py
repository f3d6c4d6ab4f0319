"""Why an image cannot be had: which one, the registry's own words, and what to do."""

from __future__ import annotations

from ltk8s.cluster.kubernetes.diagnosis.words import Trouble, tidy

REASONS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
}
"""A waiting container's reasons that are about its image."""

WRONG_PLATFORM = "no match for platform"


def unpullable(reason: str, message: str, image: str, namespace: str) -> Trouble:
    """What is wrong with the image of a container that waits for one of the REASONS."""
    words = _registry_words(message)
    if reason == "InvalidImageName":
        return Trouble(f"{image!r} is no name of an image", "correct `image.name` in the settings")
    if reason == "ErrImageNeverPull":
        return Trouble(
            f"the image {image} is not on the node, and `image.pull_policy` forbids to pull it",
            f"load it (with kind: `kind load docker-image {image}`) or set `image.pull_policy: IfNotPresent`",
        )
    if WRONG_PLATFORM in message:
        return wrong_platform(image)
    return Trouble(
        f"the image {image} cannot be pulled{f': {words}' if words else ''}", _remedy(words.lower(), image, namespace)
    )


def wrong_platform(image: str) -> Trouble:
    return Trouble(
        f"the image {image} is built for another kind of CPU than its node's",
        "build it for that one (`docker build --platform linux/amd64` or linux/arm64) and push it",
    )


def _registry_words(message: str) -> str:
    """What the registry, or the way to it, said: the end of a long chain of who asked whom.

    >>> _registry_words('rpc error: code = NotFound desc = failed to resolve reference "r/x:1": r/x:1: not found')
    'r/x:1: not found'
    """
    last = tidy(message).rsplit('": ', 1)[-1]
    return "" if last.startswith("Back-off pulling image") else last.removeprefix("rpc error: ")


def _remedy(words: str, image: str, namespace: str) -> str:
    if any(
        word in words
        for word in ("denied", "unauthorized", "authentication required", "forbidden", "no basic auth", "401", "403")
    ):
        return (
            f"if it is private: `kubectl -n {namespace} create secret docker-registry NAME …` and name it under "
            "`imagePullSecrets` in the setting `pod_template`; else correct `image.name`"
        )
    if any(word in words for word in ("no such host", "refused", "timeout", "timed out", "no route", "unreachable", "eof")):
        return "its registry cannot be reached from the node: correct `image.name`, or see to the node's network"
    if "x509" in words or "http response to https" in words:
        return "have the node's container runtime trust that registry"
    return f"build and push it, or with kind `kind load docker-image {image}`; `image.name` in the settings names another"
