"""Settings of a site: which store, cluster, image.

Flags over ``LTK8S_*`` environment over ``ltk8s.yaml`` over what the chosen cluster says of itself over defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)

from ltk8s.errors import UsageError, did_you_mean
from ltk8s.spec.base import Spec, describe
from ltk8s.spec.library import read_mapping

SETTINGS_FILE = "ltk8s.yaml"

OF_A_CLUSTER = ("store", "image", "queue", "pod_template", "ttl_seconds")
"""The settings that a cluster may have for its clients. Which cluster, and what is this machine's own, it cannot say."""


class StoreSettings(Spec):
    """Where artifacts live. ``endpoint`` is what pods use, ``client_endpoint`` what this machine uses to reach the same store.

    ``secret`` names the Kubernetes Secret whose keys become the pods' environment (AWS_ACCESS_KEY_ID, …). ``ca`` is a file
    of certificates in the pods' image or a volume of ``pod_template``, ``client_ca`` one on this machine, by default the same.
    """

    url: str = ""
    endpoint: str | None = None
    client_endpoint: str | None = None
    region: str | None = None
    addressing: Literal["path", "virtual", "auto"] | None = None
    ca: str | None = None
    client_ca: str | None = None
    secret: str | None = None

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if url and urlsplit(url).scheme not in {"file", "s3"}:
            raise ValueError(f"a store is s3://bucket/prefix or file:///directory, not {url!r}")
        return url

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

    name: str = "ltk8s/worker:latest"
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class Settings(BaseSettings):
    """All settings; see the class docstring of each part."""

    model_config = SettingsConfigDict(
        env_prefix="LTK8S_", env_nested_delimiter="__", yaml_file=SETTINGS_FILE, extra="ignore", frozen=True
    )

    store: Annotated[StoreSettings, NoDecode] = StoreSettings()
    cluster: str | None = None
    namespace: str = "ltk8s"
    image: ImageSettings = ImageSettings()
    queue: str | None = None
    pod_template: dict[str, Any] = Field(default_factory=dict)
    state_dir: Path = Path("~/.ltk8s")
    ttl_seconds: int = 7 * 24 * 3600

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
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls), _SiteSource(settings_cls, site)


def _default_url(state_dir: Path) -> str:
    return (state_dir / "store").as_uri()


class _SiteSource(EnvSettingsSource):
    """Reads ``LTK8S_*`` variables that are not this process's, and only those that a cluster may set."""

    def __init__(self, settings_cls: type[BaseSettings], variables: Mapping[str, str]) -> None:
        self._variables = variables
        super().__init__(settings_cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._variables.items() if _may_be_of_a_cluster(name)}


def _may_be_of_a_cluster(variable: str) -> bool:
    """Whether a variable names a setting that there is: a newer installation's, or another program's, is none of ours."""
    field, _, part = variable.lower().removeprefix("ltk8s_").partition("__")
    parts: dict[str, type[Spec]] = {"store": StoreSettings, "image": ImageSettings}
    return field in OF_A_CLUSTER and (not part or field not in parts or part in parts[field].model_fields)


def load_settings(site: Mapping[str, str] | None = None, **flags: Any) -> Settings:
    """Settings with the flags that were given (``None`` means not given) on top.

    Args:
        site: the ``LTK8S_*`` variables that the chosen cluster has for its clients, above the defaults only.

    Raises:
        UsageError: naming the field that is wrong, or a field of the settings file that does not exist.
    """
    _refuse_unknown_fields(Path(SETTINGS_FILE))
    try:
        return Settings(site=dict(site or {}), **{name: value for name, value in flags.items() if value is not None})
    except SettingsError as error:  # such as LTK8S_IMAGE=x, where a part has fields of its own
        raise UsageError(f"The settings are not valid: {error}.", "Write a field of it, as in LTK8S_IMAGE__NAME=x.") from None
    except ValidationError as error:
        wrong = describe(Settings, error)
        places = (
            f"the flags, LTK8S_*, {SETTINGS_FILE} and the cluster's ConfigMap"
            if site
            else f"the flags, LTK8S_* and {SETTINGS_FILE}"
        )
        raise UsageError(f"The settings are not valid: {wrong}", f"Look at {places}.") from None


def _refuse_unknown_fields(file: Path) -> None:
    """A misspelt field in the file is an error; in the environment, other programs' LTK8S_* are none of our business."""
    for field in read_mapping(file, may_be_empty=True) if file.is_file() else {}:
        if field not in Settings.model_fields:
            near = did_you_mean(field, Settings.model_fields)
            raise UsageError(f"{file} has no field {field!r}.{near}", f"Its fields are {', '.join(Settings.model_fields)}.")
