"""Page tokens: what they remember and what they refuse."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.mongo.listing import After
from nmdc_runtime.web.paging import (
    BoundQuery,
    PageTokens,
)
from nmdc_runtime.web.tokens import (
    REMEMBERED_BYTES,
    SignedTokens,
    TokenExpired,
    TokenRefused,
    TokenUnknown,
)

KEY = "0123456789abcdef" * 4
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SCOPE = ("/nmdcschema/study_set", "study_set", "id", "public")
AFTER = After("nmdc:sty-11-abcd1234")


def tokens(*, at: datetime = NOON, key: str = KEY) -> PageTokens:
    return PageTokens(SignedTokens(key=key, lifetime=timedelta(hours=24), clock=lambda: at))


def a_token(bound: BoundQuery | None = None, after: After = AFTER) -> str:
    return tokens().issue(bound or BoundQuery(size=20), after, scope=SCOPE)


def test_a_token_remembers_the_whole_query():
    bound = BoundQuery(size=7, filter='{"a":1}', projection='{"name":1}')
    assert tokens().read(a_token(bound), scope=SCOPE) == (bound, AFTER)


@pytest.mark.parametrize(
    "key", ["nmdc:sty-11-a", "", "ü", ObjectId(), None, 7, {"a": 1}, [1, "a"], 2.5]
)
def test_a_token_keeps_a_key_of_any_type(key):
    assert tokens().read(a_token(after=After(key)), scope=SCOPE)[1] == After(key)


def test_a_token_can_be_used_again_and_by_another_process():
    token = a_token()
    assert tokens().read(token, scope=SCOPE) == tokens().read(token, scope=SCOPE)


def test_sending_the_same_query_again_is_fine():
    bound = BoundQuery(size=7, filter='{"a":1}', projection='{"name":1}')
    read = tokens().read(a_token(bound), scope=SCOPE, filter='{"a":1}', projection='{"name":1}')
    assert read == (bound, AFTER)


@pytest.mark.parametrize("bound_filter", ["", '{"a":1}', '{"a":"' + "x" * 3000 + '"}'])
def test_another_filter_is_refused(bound_filter):
    token = a_token(BoundQuery(size=7, filter=bound_filter))
    with pytest.raises(TokenRefused, match="another `filter`"):
        tokens().read(token, scope=SCOPE, filter='{"a":2}')


def test_an_explicitly_empty_filter_differs_from_the_one_remembered():
    with pytest.raises(TokenRefused, match="another `filter`"):
        tokens().read(a_token(BoundQuery(size=7, filter='{"a":1}')), scope=SCOPE, filter="")


def test_another_projection_is_refused():
    token = a_token(BoundQuery(size=7, projection='{"a":1}'))
    with pytest.raises(TokenRefused, match="another `projection`"):
        tokens().read(token, scope=SCOPE, projection='{"b":1}')


def test_a_long_filter_must_be_sent_again_and_keeps_the_token_short():
    long = '{"a":"' + "x" * REMEMBERED_BYTES + '"}'
    token = a_token(BoundQuery(size=7, filter=long))
    assert len(token) < 600
    assert tokens().read(token, scope=SCOPE, filter=long)[0].filter == long
    with pytest.raises(TokenRefused, match="send it again"):
        tokens().read(token, scope=SCOPE)


@pytest.mark.parametrize("part", range(4))
def test_a_token_of_another_list_or_kind_of_caller_is_refused(part):
    scope = tuple("other" if index == part else each for index, each in enumerate(SCOPE))
    with pytest.raises(TokenRefused, match="another list"):
        tokens().read(a_token(), scope=scope)


def test_a_token_is_good_until_it_expires():
    token = a_token()
    day = timedelta(hours=24)
    assert tokens(at=NOON + day - timedelta(seconds=1)).read(token, scope=SCOPE)
    with pytest.raises(TokenExpired, match="expired"):
        tokens(at=NOON + day).read(token, scope=SCOPE)


def test_a_token_signed_with_another_key_is_not_found():
    with pytest.raises(TokenUnknown, match=r"^`page_token` not found$"):
        tokens(key="f" * 64).read(a_token(), scope=SCOPE)


def test_a_page_token_is_no_access_token_and_the_other_way_round():
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(a_token(), KEY, algorithms=["HS256"], options={"verify_exp": False})
    access = jwt.encode({"sub": "user:x", "exp": 4102444800}, KEY, algorithm="HS256")
    with pytest.raises(TokenUnknown):
        tokens().read(access, scope=SCOPE)


def test_a_token_without_a_signature_is_not_found():
    claims = jwt.decode(a_token(), options={"verify_signature": False})
    with pytest.raises(TokenUnknown):
        tokens().read(jwt.encode(claims, None, algorithm="none"), scope=SCOPE)


@given(text=st.text())
def test_any_other_text_is_not_found(text):
    with pytest.raises(TokenUnknown, match=r"^`page_token` not found$"):
        tokens().read(text, scope=SCOPE)


@given(position=st.integers(min_value=0, max_value=10_000), character=st.sampled_from("Aa0_-."))
def test_a_token_with_a_changed_character_is_refused(position, character):
    token = a_token()
    position %= len(token) - 1  # the last one holds two bits that mean nothing
    changed = token[:position] + character + token[position + 1 :]
    if changed == token:
        return
    with pytest.raises(TokenUnknown):
        tokens().read(changed, scope=SCOPE)
