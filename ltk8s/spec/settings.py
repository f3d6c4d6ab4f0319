"""Settings of a site: which store, cluster, image.

Flags over ``LTK8S_*`` environment over ``ltk8s.yaml`` over what the chosen cluster says of itself over defaults.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urlsplit

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from ltk8s.errors import UsageError, did_you_mean, system_errors
from ltk8s.spec.base import Spec, Text, describe
from ltk8s.spec.yaml import YamlError, is_yaml, parse_yaml, plain, read_mapping

SETTINGS_FILE = "ltk8s.yaml"
"""In the current folder; not looked for in those above it."""

PREFIX = "LTK8S_"

OF_A_CLUSTER = ("store", "image", "queue", "pod_template", "ttl_seconds")
"""The settings that a cluster may have for its clients. Which cluster, and what is this machine's own, it cannot say."""


CREDENTIALS_ELSEWHERE = "it may not hold a credential: put that into the environment (AWS_ACCESS_KEY_ID, …)"

DIGEST = re.compile(r"@[a-z0-9+._-]+:[0-9a-fA-F]{32,}$")
"""What may follow an image's name, instead of a tag or after it."""


class StoreSettings(Spec):
    """Where artifacts live. ``endpoint`` is what pods use, ``client_endpoint`` what this machine uses to reach the same store.

    ``secret`` names the Kubernetes Secret whose keys become the pods' environment (AWS_ACCESS_KEY_ID, …). ``ca`` is a file
    of certificates in the pods' image or a volume of ``pod_template``, ``client_ca`` one on this machine, by default the same.
    """

    url: Text = ""
    endpoint: Text | None = None
    client_endpoint: Text | None = None
    region: Text | None = None
    addressing: Literal["path", "virtual", "auto"] | None = None
    ca: Text | None = None
    client_ca: Text | None = None
    secret: Text | None = None

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
        except ValueError:  # whose text quotes the URL
            raise ValueError("it is not a URL") from None
        if parts.scheme not in {"file", "s3", ""} or (url and not parts.scheme):
            raise ValueError("a store is s3://bucket/prefix or file:///directory")
        if parts.scheme == "s3" and "@" in url and (":" in parts.netloc or "@" in parts.netloc):
            raise ValueError(CREDENTIALS_ELSEWHERE)
        return url

    @field_validator("endpoint", "client_endpoint")
    @classmethod
    def _without_credentials(cls, endpoint: str | None) -> str | None:
        if endpoint and "@" in endpoint:
            raise ValueError(CREDENTIALS_ELSEWHERE)
        return endpoint

    def address(self, *, from_pods: bool) -> str:
        """The store as one string: its URL with how to reach it as query (what ``open_store`` takes)."""
        endpoint = self.endpoint if from_pods else self.client_endpoint or self.endpoint
        ca = self.ca if from_pods else self.client_ca or self.ca
        ways = {"endpoint": endpoint, "region": self.region, "addressing": self.addressing, "ca": ca}
        query = urlencode({name: way for name, way in ways.items() if way})
        if not query or urlsplit(self.url).scheme == "file":
            return self.url
        return f"{self.url}{'&' if urlsplit(self.url).query else '?'}{query}"


class ImageSettings(Spec):
    """The worker's container image."""

    name: Text = "ltk8s/worker:latest"
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"

    @field_validator("name")
    @classmethod
    def _without_credentials(cls, name: str) -> str:
        if "@" in DIGEST.sub("", name):
            raise ValueError("it may not hold a credential: name a Secret under `imagePullSecrets` in `pod_template`")
        return name


class Settings(BaseSettings):
    """All settings; see the class docstring of each part."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True)

    store: Annotated[StoreSettings, NoDecode] = StoreSettings()
    cluster: Text | None = None
    namespace: Annotated[Text, Field(min_length=1)] = "ltk8s"
    image: ImageSettings = ImageSettings()
    queue: Text | None = None
    pod_template: Annotated[dict[str, Any], BeforeValidator(plain)] = Field(default_factory=dict)
    state_dir: Path = Path("~/.ltk8s")
    ttl_seconds: Annotated[int, Field(ge=0)] = 7 * 24 * 3600

    @field_validator("store", mode="before")
    @classmethod
    def _store_may_be_a_url(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @field_validator("state_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @model_validator(mode="after")
    def _default_store(self) -> Settings:
        if not self.store.url:
            object.__setattr__(self, "store", self.store.model_copy(update={"url": _default_url(self.state_dir)}))
        return self

    @property
    def has_store(self) -> bool:
        """Whether somebody has said which store is meant."""
        return self.store.url != _default_url(self.state_dir)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        site = init_settings.init_kwargs.pop("site", {}) if isinstance(init_settings, InitSettingsSource) else {}
        environment = _Variables(settings_cls, os.environ)
        from_file = read_settings_file()
        if "store" in environment() and isinstance(from_file.get("store"), str) and not environment.names_a_store:
            from_file["store"] = {"url": from_file["store"]}  # the environment says more about it
        of_cluster = {name: value for name, value in site.items() if _may_be_of_a_cluster(name)}
        file = InitSettingsSource(settings_cls, init_kwargs=from_file)
        return init_settings, environment, file, _Variables(settings_cls, of_cluster)


def _default_url(state_dir: Path) -> str:
    return (state_dir / "store").as_uri()


class _Variables(EnvSettingsSource):
    """Reads ``LTK8S_*`` variables. One that is empty, or blank, says nothing; a field with parts may be written as YAML."""

    def __init__(self, settings_cls: type[BaseSettings], variables: Mapping[str, str]) -> None:
        self._variables = variables
        super().__init__(settings_cls)

    @property
    def names_a_store(self) -> bool:
        """Whether a variable says which store is meant, and not only how to reach it."""
        return any(f"{PREFIX}{name}".lower() in self.env_vars for name in ("store", "store__url"))

    def _load_env_vars(self) -> Mapping[str, str | None]:
        written = {name.lower(): value.strip() for name, value in self._variables.items() if value.strip()}
        whole, part = f"{PREFIX}STORE".lower(), f"{PREFIX}STORE__URL".lower()
        if whole in written and any(name.startswith(f"{whole}__") for name in written):
            if written.get(part, written[whole]) != written[whole]:
                raise UsageError(f"{whole.upper()} and {part.upper()} name two stores.", "Set one of them.")
            written[part] = written.pop(whole)  # so that the other parts count
        return dict(written)

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        if field_name == "store":
            return value
        variable = f"{PREFIX}{field_name}".upper()
        try:
            fields = parse_yaml(value)
        except YamlError as error:
            raise UsageError(f"{variable} is not valid YAML: {error}.", error.do) from None
        if not isinstance(fields, dict):
            raise UsageError(f"{variable} holds no fields.", "Write {field: value}, or one field, as in LTK8S_IMAGE__NAME=x.")
        return fields


def _may_be_of_a_cluster(variable: str) -> bool:
    """Whether a variable names a setting that there is: a newer installation's, or another program's, is none of ours."""
    field, _, part = variable.lower().removeprefix(PREFIX.lower()).partition("__")
    return field in OF_A_CLUSTER and (not part or field not in PARTS or part in PARTS[field].model_fields)


PARTS: dict[str, type[Spec]] = {"store": StoreSettings, "image": ImageSettings}


def _variables() -> Iterator[str]:
    """The names of all variables that are read, ``pod_template``'s parts apart."""
    for field in Settings.model_fields:
        yield f"{PREFIX}{field}".upper()
        for part in PARTS[field].model_fields if field in PARTS else ():
            yield f"{PREFIX}{field}__{part}".upper()


ALIKE = 0.9
"""How near a variable's name must be to one that is read, for it to be a slip: 1 is the same."""


def _refuse_slips(variables: Mapping[str, str]) -> None:
    """A variable that is nearly one of ours would be left out in silence; what is unlike all is another program's."""
    known = list(_variables())
    for name in variables:
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper in known or upper.startswith(f"{PREFIX}POD_TEMPLATE__"):
            continue
        likeness, meant = max((SequenceMatcher(None, upper, each).ratio(), each) for each in known)
        if likeness >= ALIKE:
            raise UsageError(f"The environment variable {name} is not a setting. Did you mean {meant}?", "Rename or unset it.")


def find_settings_file() -> Path | None:
    """The settings file of the current folder, however its suffix is written.

    Raises:
        UsageError: if there are two.
    """
    with system_errors("read the folder", Path.cwd(), kind=UsageError):
        found = [name for name in os.listdir() if is_yaml(name) and Path(name).stem == Path(SETTINGS_FILE).stem]
    if len(found) > 1:
        raise UsageError(f"There are two settings files: {' and '.join(sorted(found))}.", f"Keep {SETTINGS_FILE} only.")
    return Path(found[0]) if found else None


def read_settings_file() -> dict[str, Any]:
    """The fields of the settings file; none where there is no file.

    Raises:
        UsageError: naming the line where it is not valid, or a field that does not exist. A value is never quoted.
    """
    file = find_settings_file()
    if file is None:
        return {}
    fields = read_mapping(file, may_be_empty=True)
    for field in fields:
        if field not in Settings.model_fields:
            near = did_you_mean(field, Settings.model_fields)
            raise UsageError(f"{file} has no field {field!r}.{near}", f"Its fields are {', '.join(Settings.model_fields)}.")
    return fields


def load_settings(site: Mapping[str, str] | None = None, **flags: Any) -> Settings:
    """Settings with the flags that were given (``None`` means not given) on top.

    Args:
        site: the ``LTK8S_*`` variables that the chosen cluster has for its clients, above the defaults only.

    Raises:
        UsageError: naming the field that is wrong, or a field of the settings file that does not exist.
    """
    _refuse_slips(os.environ)
    try:
        return Settings(site=dict(site or {}), **{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        wrong = describe(Settings, error)
        places = (
            f"the flags, LTK8S_*, {SETTINGS_FILE} and the cluster's ConfigMap"
            if site
            else f"the flags, LTK8S_* and {SETTINGS_FILE}"
        )
        raise UsageError(f"The settings are not valid: {wrong}", f"Look at {places}.") from None
