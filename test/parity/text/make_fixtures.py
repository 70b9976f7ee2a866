"""Writes fixtures/: ids of transformers' CLIPTokenizer, and folders as transformers saves them.

Run from the repository's root: the vocabularies come from there. `check` opens what this library saves instead.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import tokenizers
import transformers
from transformers import CLIPTokenizer

HERE = Path(__file__).parent
FIXTURES = HERE / "fixtures"
VOCABULARY = HERE / "../../../assets/clip-vocabulary/bpe_simple_vocab_16e6.txt.gz"

TEXTS = {
    "plain": "a photo of a cat",
    "empty": "",
    "spaces alone": " \t\n\u00a0\u2003 ",
    "case and signs": "A LARGE, Green 7!!! (top-left) on navy... isn't it?",
    "apostrophe": "don't we'll they're I've I'm he'd cat's DON'T",
    "typographic apostrophe": "don’t we’ll cat’s ‘quoted’ “double”",
    "digits": "2026 is 2×1013, ½ ² ٣ Ⅷ 一二三",
    "emoji": "👩‍👩‍👧‍👦 family, 🏳️‍🌈 flag, 👍🏽 thumb, 🇨🇳🇬🇧 flags, ❤️ heart",
    "Chinese": "左上角一个绿色的大7,深蓝色背景。",
    "Japanese, Korean": "犬が走る カタカナ 한국어 문장",
    "Arabic, Hindi, Thai": "قطة جميلة हिन्दी में ภาษาไทย",
    "accents composed": "café naïve Ångström crème brûlée",
    "accents decomposed": "cafe\u0301 nai\u0308ve A\u030angstro\u0308m",
    "final sigma": "ΟΔΥΣΣΕΥΣ ΣΑΣ Σ",
    "dotted capital": "İstanbul IŞIK ﬁne ﷺ ẞ",
    "special tokens within": "a <|endoftext|> b <|startoftext|>c <|ENDOFTEXT|> d",
    "markup": "&lt;b&gt; &amp;amp; <b>bold</b> #hashtag @user https://a.b/c?d=e",
    "zero width": "a\u200bb\u200dc\ufeffd \ufeff e\u00adf",
    "control characters": "a\x00b\x01c\x1fd\x7fe\x85f\x0bg\x0ch",
    "replacement character": "a\ufffdb",
    "long": " ".join(f"word{i}" for i in range(60)),
    "82 tokens": " ".join(["cat", "dog"] * 41),
    "one long word": "pneumono" * 40,
    "sharp and script": "ÆØÅ ß ſ ǅ ꙮ 𝔘𝔫𝔦 Ｆｕｌｌ",
    "underscores": "snake_case __init__ a-b-c a.b.c a/b",
}
ROWS = {"length": 77}
CAPTIONS = [
    f"{a} {size} {colour} {digit} on {ground}, 一个{c}色的{digit}在{g}上"
    for a in ("the", "one")
    for size in ("large", "small")
    for colour, c in (("green", "绿"), ("yellow", "黄"), ("café", "棕"))
    for digit in range(10)
    for ground, g in (("navy", "深蓝"), ("black", "黑"))
]


def published() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """OpenAI's vocabulary, as their own code reads it."""
    lines = gzip.open(VOCABULARY, "rt", encoding="utf-8").read().split("\n")[1:48895]
    merges = [tuple(line.split()) for line in lines]
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printed]
    letters = [chr(b) for b in printed] + [chr(0x100 + i) for i in range(len(others))]
    tokens = letters + [c + "</w>" for c in letters] + ["".join(m) for m in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return {token: i for i, token in enumerate(tokens)}, merges


def write_published(folder: Path, config: dict, special: dict | None = None) -> None:
    """A folder in the layout that is published: vocab.json and merges.txt, no tokenizer.json."""
    folder.mkdir(parents=True, exist_ok=True)
    vocab, merges = published()
    (folder / "vocab.json").write_text(json.dumps(vocab))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *map(" ".join, merges), ""]))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    if special is not None:
        (folder / "special_tokens_map.json").write_text(json.dumps(special))


CONFIG = {"model_max_length": 77, "tokenizer_class": "CLIPTokenizer", "pad_token": "<|endoftext|>"}


def record(tokenizer: CLIPTokenizer) -> dict:
    cases = {}
    for name, text in TEXTS.items():
        row = tokenizer(text, padding="max_length", max_length=77, truncation=True)["input_ids"]
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        cases[name] = {"text": text, "ids": ids, "row": row, "decoded": tokenizer.decode(ids, skip_special_tokens=True)}
    return cases


def small_folders() -> None:
    """A small vocabulary that `tokenizers` trains, saved by transformers; and one in the published layout."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    reference = CLIPTokenizer()._tokenizer
    raw = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix="", unk_token="<|endoftext|>"))
    raw.normalizer, raw.pre_tokenizer = reference.normalizer, reference.pre_tokenizer
    raw.train_from_iterator(
        CAPTIONS,
        trainers.BpeTrainer(
            vocab_size=700,
            end_of_word_suffix="</w>",
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=["<|startoftext|>", "<|endoftext|>"],
            show_progress=False,
        ),
    )
    model = json.loads(raw.to_str())["model"]
    small = CLIPTokenizer(vocab=model["vocab"], merges=[tuple(m) for m in model["merges"]], model_max_length=77)
    small.add_tokens(["<cat-toy>"])
    small.save_pretrained(FIXTURES / "saved")
    layout = FIXTURES / "published"
    layout.mkdir(exist_ok=True)
    (layout / "vocab.json").write_text(json.dumps(model["vocab"]) + "\n")
    (layout / "merges.txt").write_text("\n".join(["#version: 0.2", *map(" ".join, model["merges"]), ""]))
    token = lambda content: {"__type": "AddedToken", "content": content, "lstrip": False, "normalized": True,
                             "rstrip": False, "single_word": False}
    roles = {"bos_token": token("<|startoftext|>"), "eos_token": token("<|endoftext|>"),
             "unk_token": token("<|endoftext|>"), "pad_token": "<|endoftext|>"}
    (layout / "tokenizer_config.json").write_text(json.dumps({**CONFIG, **roles}) + "\n")
    (layout / "special_tokens_map.json").write_text(json.dumps({**roles, "pad_token": "!"}) + "\n")


def fixtures() -> None:
    FIXTURES.mkdir(exist_ok=True)
    small_folders()
    result = {name: record(CLIPTokenizer.from_pretrained(FIXTURES / name)) for name in ("saved", "published")}
    with tempfile.TemporaryDirectory() as folder:
        write_published(Path(folder) / "a", CONFIG)
        result["openai"] = record(CLIPTokenizer.from_pretrained(Path(folder) / "a"))
        write_published(Path(folder) / "b", CONFIG, {"pad_token": "!"})
        result["openai, 2.x"] = record(CLIPTokenizer.from_pretrained(Path(folder) / "b"))
    versions = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
    path = FIXTURES / "ids.json"
    path.write_text(json.dumps({"versions": versions, "cases": result}, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")


def check() -> None:
    """Tokenizers trained and saved here open in transformers, with and without tokenizer.json, to the same ids."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", "--import", "tsx", str(HERE / "save-tokenizers.ts"), folder], check=True)
        for path in sorted(Path(folder).iterdir()):
            expected = json.loads((path / "ids.json").read_text())
            for form in ("with tokenizer.json", "with vocab.json and merges.txt alone"):
                if form.startswith("with vocab"):
                    (path / "tokenizer.json").unlink()
                tokenizer = CLIPTokenizer.from_pretrained(path)
                assert tokenizer.model_max_length == 77
                for text, row in expected:
                    found = tokenizer(text, padding="max_length", max_length=77, truncation=True)["input_ids"]
                    assert found == row, (path.name, form, text)
                print(f"{path.name}, {form}: {len(expected)} texts equal")


if __name__ == "__main__":
    {"fixtures": fixtures, "check": check}[sys.argv[1]]()
