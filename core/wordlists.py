"""Words that say how a line hangs together with others.

A word that is missing here costs a wrong guess at worst once: `CONTINUES` and `SHORT_REPLIES`
decide over giving an answer again, `GREETINGS` over what may come before a question that stands
alone, `OFFERS_A_PERSON` over keeping an answer, `ABOUT_NOTHING` over finding a passage.
"""

from __future__ import annotations

from core.folding import words


def run_together(text: str) -> str:
    """A text's words without anything between them, as the sets below hold them."""
    return "".join(words(text))


CONTINUES = (
    *("that", "this", "those", "these", "it", "its", "they", "them", "he", "she", "him", "her"),
    *("another", "more", "next", "again", "else", "other", "others", "continue", "further"),
    *("instead", "same", "previous", "above", "earlier", "also", "too", "then"),
    *("das", "dies", "noch", "mehr", "weiter", "andere", "anderes", "nochmal"),
    *("encore", "plus", "autre", "ca", "cela", "otro", "otra", "mas", "eso", "esto"),
    *("это", "еще", "другой", "другое"),
    *("它", "这", "那", "他", "她", "再", "还有", "另", "继续", "其他", "别的", "下一", "更多"),
    *("上面", "刚才", "同样"),
    *("這", "還有", "繼續", "別的", "剛才", "同樣", "其它"),
)
SHORT_REPLIES = frozenset(
    run_together(reply)
    for reply in (
        *("yes", "yeah", "yep", "no", "nope", "ok", "okay", "sure", "please", "yes please"),
        *("thanks", "thank you", "why", "how", "what", "when", "where", "who", "which", "really"),
        *("go on", "and", "so", "huh", "why not", "how so", "how come"),
        *(
            "ja",
            "nein",
            "warum",
            "wieso",
            "wie",
            "was",
            "danke",
            "bitte",
            "oui",
            "non",
            "pourquoi",
        ),
        *("merci", "si", "por que", "gracias", "да", "нет", "почему", "спасибо"),
        *("好", "好的", "是", "是的", "对", "不", "不是", "嗯", "行", "可以", "谢谢", "为什么"),
        *("怎么", "什么", "然后", "然后呢", "怎么办", "為什麼", "對", "謝謝", "然後"),
    )
)
ABOUT_NOTHING = frozenset(
    (
        *("yes", "yeah", "yep", "yup", "no", "nope", "ok", "okay", "sure", "please", "thanks"),
        *("thank", "thx", "ja", "jawohl", "nein", "bitte", "danke", "gern", "gerne", "oui", "non"),
        *("merci", "si", "gracias", "да", "нет", "пожалуйста", "спасибо"),
        *("行", "对", "對", "嗯", "谢谢", "謝謝"),
    )
)
"""Of what is asked they say nothing, and stand in many texts. As `folding` writes them."""

GREETINGS = frozenset(
    run_together(greeting)
    for greeting in (
        *("hi", "hello", "hey", "hi there", "hello there", "hey there", "good morning"),
        *("good afternoon", "good evening", "good day", "greetings", "start", "hallo", "moin"),
        *("guten tag", "guten morgen", "guten abend", "servus", "bonjour", "salut", "bonsoir"),
        *("hola", "buenos dias", "buenas tardes", "ciao", "buongiorno", "ola", "привет"),
        *("здравствуйте", "добрый день"),
        *("你好", "您好", "嗨", "哈喽", "早上好", "下午好", "晚上好", "在吗", "在嗎", "你好啊"),
    )
)
OFFERS_A_PERSON = (
    *("person", "colleague", "colleagues", "someone", "somebody", "staff", "representative"),
    *("mensch", "kollege", "kollegen", "kollegin", "mitarbeiter", "collegue", "conseiller"),
    *("persona", "companero", "agente", "сотрудник", "оператор", "коллега"),
    *("同事", "真人", "人工", "客服", "专员", "同仁", "專員"),
)
