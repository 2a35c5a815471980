"""What words mean the same to the stand-in's model of embeddings: as much as a small shop needs.

Words of one line lie near each other in every language; the most common words mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SAME = (
    "refund refunds refunded reimburse reimbursed money cash paid pay payment 退款 退钱 钱 付",
    "back again return returns returned 退 还 回",
    "arrive arrives arrived delivery deliver delivered ship shipping shipped here receive "
    "parcel package 到 收到 送 快递 发货 配送",
    "when soon long days day fast quickly until 什么时候 多久 几天 何时",
    "broken cracked damaged smashed pieces half hole torn dead 碎 破 坏 裂 死",
    "cheap cheaper discount discounts coupon code less off promotion sale 便宜 优惠 折扣 打折",
    "open opening hours time visit come drop today sunday saturday 营业 开门 几点 关门",
    "plant plants fern monstera ficus cactus flower flowers 植物 绿萝 花",
    "pot pots vase vases 花盆 盆",
    "water watering thirsty dry 浇水 水",
    "leaf leaves yellow brown 叶子 黄",
    "dog dogs cat cats pet pets animal animals 狗 猫 宠物",
    "gift present voucher birthday 礼物 礼品",
    "order orders ordered purchase bought buy 订单 买 购买",
    "where place address located find 哪里 地址 在哪",
)
_MEANINGLESS = (
    "a an and are as at be but can could did do does for from get had has have how i if in is it "
    "its just may me my of on or our please so some than that the their there they this to us was "
    "we what which who will with would you your "
    "我 你 您 的 了 吗 呢 是 在 有 们 这 那 可以 能 请 一"
)
_COMMON = frozenset(_MEANINGLESS.split())
_WORD = re.compile(r"[a-z']+|[0-9]+|[\u4e00-\u9fff]+|[^\W\d_a-z]+")
_MEANING = {word: f"#{number}" for number, line in enumerate(_SAME) for word in line.split()}
_LONGEST = max(len(word) for word in _MEANING)


def meanings(text: str) -> Iterator[str]:
    """What each word of `text` stands for: its group's sign, or itself."""
    for word in _WORD.findall(text.casefold().replace("’", "'")):
        if "\u4e00" <= word[0] <= "\u9fff":
            yield from _cut(word)
        elif word not in _COMMON:
            yield _MEANING.get(word, word)


def _cut(run: str) -> Iterator[str]:
    """A run of Chinese: known words, else single characters."""
    at = 0
    while at < len(run):
        found = next(
            (run[at : at + n] for n in range(_LONGEST, 1, -1) if run[at : at + n] in _MEANING),
            run[at],
        )
        at += len(found)
        if found not in _COMMON:
            yield _MEANING.get(found, found)
