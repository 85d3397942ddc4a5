"""Drives a running server with the official OpenAI client, as any program would: openai_client.py BASE_URL KEY CONCEPT.

Ends with 0 when all holds; asserts otherwise. real_clients_test.cpp starts the server and runs this.
"""

import asyncio
import json
import sys

import openai

HELLO = [{"role": "user", "content": "Say something about the weather."}]
GREEDY = {"temperature": 0, "max_tokens": 16}


def chat(client, model, **fields):
    return client.chat.completions.create(model=model, messages=HELLO, **(GREEDY | fields))


def models_are_listed(client, model, concept):
    names = [each.id for each in client.models.list()]
    assert names[0] == model, names
    assert f"{model}+{concept}" in names, names
    assert client.models.retrieve(model).id == model


def whole_and_streamed_answers_agree(client, model, _):
    whole = chat(client, model)
    assert whole.choices[0].message.role == "assistant"
    assert whole.choices[0].finish_reason in ("stop", "length")
    assert whole.usage.completion_tokens > 0
    text, usage = "", None
    for chunk in chat(client, model, stream=True, stream_options={"include_usage": True}):
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        usage = chunk.usage or usage
    assert text == whole.choices[0].message.content, (text, whole)
    assert usage.completion_tokens == whole.usage.completion_tokens


def concepts_are_chosen_by_field_and_by_name(client, model, concept):
    plain = chat(client, model).choices[0].message.content
    by_field = chat(client, model, extra_body={"concepts": [{"name": concept, "dose": 0.7}]})
    by_name = chat(client, f"{model}+{concept}@0.7")
    assert by_field.choices[0].message.content == by_name.choices[0].message.content
    assert by_field.choices[0].message.content != plain
    applied = by_field.model_extra["contrans"]["concepts"][0]
    assert applied["concept"] == concept and abs(applied["dose"] - 0.7) < 1e-9 and len(applied["sha256"]) == 64, applied
    assert chat(client, model).choices[0].message.content == plain


def logprobs_come_as_the_client_types_them(client, model, _):
    entries = chat(client, model, logprobs=True, top_logprobs=3).choices[0].logprobs.content
    assert entries and all(len(each.top_logprobs) == 3 and each.logprob <= 0 for each in entries)
    older = client.completions.create(model=model, prompt="The weather", logprobs=2, **GREEDY).choices[0].logprobs
    assert len(older.tokens) == len(older.token_logprobs) > 0


def stops_seeds_and_schemas(client, model, _):
    text = client.completions.create(model=model, prompt="1, 2, 3, 4,", temperature=0, max_tokens=24).choices[0].text
    cut = client.completions.create(model=model, prompt="1, 2, 3, 4,", temperature=0, max_tokens=24, stop=[text[4:6]])
    assert cut.choices[0].text == text[:text.index(text[4:6])], (text, cut)
    warm = {"temperature": 1.0, "max_tokens": 16, "seed": 7}
    assert chat(client, model, **warm).choices[0].message.content == chat(client, model, **warm).choices[0].message.content
    schema = {"type": "object", "properties": {"mood": {"enum": ["glad", "sad"]}}, "required": ["mood"],
              "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "mood", "schema": schema}}
    answer = json.loads(chat(client, model, response_format=form, max_tokens=60).choices[0].message.content)
    assert answer["mood"] in ("glad", "sad"), answer


def tools_are_refused_where_the_template_cannot_carry_them(client, model, _):
    # As SmolLM2's cannot; calls are taken apart in chat_answer_format_test.cpp.
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    try:
        chat(client, model, tools=[tool])
    except openai.BadRequestError as error:
        assert "cannot carry tools" in error.body["message"], error.body
    else:
        raise AssertionError("tools were not refused")


def embeddings_are_unpacked(client, model, _):
    # The client asks for base64 by itself.
    got = client.embeddings.create(model=model, input=["The weather", "is fine"]).data
    assert len(got) == 2 and len(got[0].embedding) == len(got[1].embedding) > 100
    assert all(isinstance(x, float) for x in got[0].embedding)


def errors_are_the_clients_own_types(client, model, _):
    refused = [
        (openai.NotFoundError, lambda: chat(client, "gpt-4")),
        (openai.BadRequestError, lambda: chat(client, model, extra_body={"concepts": ["nobody"]})),
        (openai.BadRequestError, lambda: chat(client, model, n=2)),
        (openai.BadRequestError, lambda: client.completions.create(model=model, prompt="a" * 500_000)),
        (openai.AuthenticationError, lambda: chat(client.with_options(api_key="not-a-key-of-this-server"), model)),
    ]
    for kind, call in refused:
        try:
            call()
        except kind as error:
            assert error.body["message"], error.body
        else:
            raise AssertionError(f"no {kind.__name__}")


def a_stream_may_be_closed_early(client, model, _):
    with chat(client, model, stream=True, max_tokens=400) as stream:
        next(iter(stream))
    assert chat(client, model).choices[0].message.content


async def many_at_once(base_url, key, model, concept):
    client = openai.AsyncOpenAI(base_url=base_url, api_key=key, max_retries=8)
    names = [model, f"{model}+{concept}@0.7"] * 6
    answers = await asyncio.gather(*(client.chat.completions.create(model=name, messages=HELLO, **GREEDY) for name in names))
    assert all(answer.choices[0].message.content for answer in answers)


def main(base_url, key, concept):
    client = openai.OpenAI(base_url=base_url, api_key=key, timeout=120)
    model = client.models.list().data[0].id
    for check in (models_are_listed, whole_and_streamed_answers_agree, concepts_are_chosen_by_field_and_by_name,
                  logprobs_come_as_the_client_types_them, stops_seeds_and_schemas,
                  tools_are_refused_where_the_template_cannot_carry_them, embeddings_are_unpacked,
                  errors_are_the_clients_own_types, a_stream_may_be_closed_early):
        check(client, model, concept)
        print(check.__name__, flush=True)
    asyncio.run(many_at_once(base_url, key, model, concept))
    print("many_at_once")


if __name__ == "__main__":
    main(*sys.argv[1:])
