"""Which endpoints are Services of a cluster."""

import pytest

from ltk8s.cluster.kubernetes.forward import refuse_tls, service_of
from ltk8s.errors import UsageError


@pytest.mark.parametrize(
    ("endpoint", "service"),
    [
        ("http://minio.ltk8s.svc:9000", ("minio", "ltk8s", 9000)),
        ("http://minio.ltk8s.svc.cluster.local:9000", ("minio", "ltk8s", 9000)),
        ("http://minio.ltk8s.svc", ("minio", "ltk8s", 80)),
        ("https://minio.ltk8s.svc.", ("minio", "ltk8s", 443)),
        ("https://s3.eu-west-1.amazonaws.com", None),
        ("http://minio:9000", None),
        ("http://127.0.0.1:9000", None),
        ("https://svc.example.com", None),
    ],
)
def test_a_service_is_known_by_its_host(endpoint, service):
    assert service_of(endpoint) == service


def test_a_certificate_is_not_for_a_forwarded_port():
    with pytest.raises(UsageError, match=r"Set store\.client_endpoint"):
        refuse_tls("https://minio.ltk8s.svc:9000")
