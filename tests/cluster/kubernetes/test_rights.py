"""doctor asks for exactly the rights that the Role gives."""

from pathlib import Path

import yaml

from ltk8s.cluster.kubernetes.rights import USER_RIGHTS, Right

ROLE = Path(__file__).parents[3] / "k8s" / "base" / "role-user.yaml"


def test_the_rights_are_those_of_the_role():
    role = next(each for each in yaml.safe_load_all(ROLE.read_text()) if each["kind"] == "Role")
    given = {
        Right(verb, resource, group, name)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }
    assert given == set(USER_RIGHTS)
