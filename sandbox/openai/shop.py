"""What the shop "Fern & Clay" says, so that the demo's model sounds as if it worked there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject of customers' questions; the first with a word in the question answers it.

    A star lets the word go on: `ship*` is also in "shipping". Without German, English is said.
    """

    words: tuple[str, ...]
    en: str
    zh: str
    de: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """What it says, in every language it has."""
        return tuple(filter(None, (self.en, self.zh, self.de)))


UPSET = (
    "unacceptable ridiculous terrible awful worst furious angry scam useless lawyer disgusting "
    "fed_up had_enough waste_of_time complain_about to_complain a_complaint my_complaint "
    "生气 投诉 太差 垃圾 骗子 受够 气死 失望 差评"
)
PERSON = (
    "human person agent colleague representative operator manager real_person somebody_real "
    "speak_to_someone talk_to_someone call_me 人工 客服 真人 经理 转接 找人"
)
# A reply takes an offer if it has one of the first words, and no others than these.
TAKES = (
    "yes yeah yep yup sure ok okay please so do go great lovely "
    "ja jawohl klar gern gerne bitte mach machen macht "
    "好 好的 好啊 行 可以 要 是 是的 对 嗯 麻烦 当然"
)
BESIDES = (
    "it that would be nice good ahead thanks thank you i d like say just a person one "
    "das es sie mal wäre nett gut danke dann sehr vielen dank tun tu "
    "您 你 了 请 吧 呀 谢谢 的 啊 同事 人 那 就 帮我 问 问问"
)

GERMAN = (
    "ich du ihr wir sie ist sind hat habe haben hast kann können könnt möchte gibt das der den "
    "dem ein eine einen und oder nicht kein keine wie wo wer wann warum welche für mit mein meine "
    "auf hallo guten moin ja nein bitte danke dank gern gerne vielen"
)

TOPICS = (
    Topic(
        ("yellow", "brown", "droop*", "wilt*", "dying", "sick", "spots", "黄", "枯", "蔫", "生病"),
        "Yellow or drooping leaves mostly mean too much water. Let the top three centimetres of "
        "soil dry out, make sure the pot drains, and move the plant somewhere bright but out of "
        "the midday sun. If it doesn't pick up within two weeks, send us a photo and we'll have "
        "a look together.",
        "叶子发黄或下垂，多半是浇水太多。等表层三厘米的土干透再浇，确认花盆能排水，"
        "放在明亮但避开正午直射的地方。两周后还没好转的话，发张照片给我们，一起看看。",
    ),
    Topic(
        ("repot*", "bigger pot", "pot size", "which pot", "换盆", "多大的盆", "花盆多大"),
        "Spring is the best time to repot. Choose a pot two or three centimetres wider than the "
        "old one, with a hole in the bottom, and water well afterwards. Our unglazed clay pots "
        "breathe, so roots stay healthy; we also repot in the shop for €6, soil included.",
        "春天最适合换盆。新盆比旧盆大两三厘米，底部要有排水孔，换好后浇透水。"
        "我们的素烧陶盆透气，对根很好；到店也可以代换，6 欧元含土。",
    ),
    Topic(
        ("pet", "cat", "dog", "toxic", "poison*", "child", "猫", "狗", "宠物", "有毒"),
        "Good that you ask! Boston ferns, calatheas, spider plants and parlour palms are safe for "
        "cats and dogs. Please keep monsteras, pothos and lilies out of their reach: lilies are "
        "dangerous for cats.",
        "问得好！波士顿蕨、竹芋、吊兰和袖珍椰子对猫狗都安全。"
        "龟背竹、绿萝和百合请放在宠物够不到的地方，百合对猫尤其危险。",
    ),
    Topic(
        (
            "water*",
            "light",
            "care",
            "sun",
            "shade",
            "fertil*",
            "浇水",
            "光",
            "养护",
            "怎么养",
            "施肥",
        ),
        "Most of our plants like bright light without direct sun. Water when the top of the soil "
        "feels dry, about once a week in summer and every second week in winter. Ferns want a "
        "little more, succulents much less. Which plant do you have?",
        "我们的植物大多喜欢明亮的散射光。土表干了再浇：夏天大约每周一次，冬天两周一次。"
        "蕨类稍勤一点，多肉要少很多。您养的是哪一种？",
    ),
    Topic(
        ("broken", "damage*", "cracked", "smash*", "arrived dead", "碎", "坏了", "破损"),
        "Oh no, I'm sorry! Please send a photo of the parcel and the plant or pot within three "
        "days. We replace anything that was damaged on the way, free of charge, and you needn't "
        "send it back.",
        "真抱歉！请在三天内发一张包裹和植物（或花盆）的照片。运输中损坏的，我们免费补发，不用寄回。",
    ),
    Topic(
        ("return*", "refund*", "money back", "退货", "退款"),
        "Pots and tools can come back within 30 days, unused. Plants are covered by our 14-day "
        "promise: if yours isn't happy, we replace it or give your money back. Refunds reach you "
        "3 to 5 days after we have the parcel.",
        "花盆和工具未使用可在 30 天内退回。植物有 14 天保证：状态不好，我们换一株或退款。"
        "收到退件后 3 到 5 天退款到账。",
    ),
    Topic(
        (
            "where is my",
            "my order",
            "track*",
            "parcel",
            "late",
            "我的订单",
            "物流",
            "包裹",
            "到哪",
        ),
        'Let me help with that. The tracking link is in the e-mail "Your plants are on their '
        'way"; most parcels arrive two days after it. If yours is later than that, give me the '
        "six-digit order number and we'll ask the carrier.",
        "我来帮您看看。物流链接在“您的植物已出发”那封邮件里，一般发出后两天送达。"
        "如果晚了，请告诉我六位订单号，我们去问快递。",
    ),
    Topic(
        (
            "ship*",
            "deliver*",
            "postage",
            "send to",
            "courier",
            "配送",
            "运费",
            "发货",
            "快递",
            "寄",
        ),
        "We ship Monday to Wednesday, so that no plant spends the weekend in a van. Delivery "
        "takes 2 to 3 days and costs €4.90; from €50 it's free. In winter every parcel gets a "
        "heat pack.",
        "我们周一到周三发货，免得植物在车里过周末。2 到 3 天送达，运费 4.90 欧元，满 50 欧元包邮。"
        "冬天每个包裹都会放暖宝。",
    ),
    Topic(
        ("gift", "present", "birthday", "voucher", "wrap*", "礼物", "生日", "送人", "礼品"),
        "A lovely idea! Our favourite is the starter set: a Boston fern in a hand-thrown clay "
        "pot, gift-wrapped, for €29. Add a card with your own words for €2, or choose a voucher "
        "from €10, which comes by e-mail at once.",
        "好主意！我们最推荐入门礼盒：手工陶盆配波士顿蕨，含包装 29 欧元。"
        "加 2 欧元可附上您写的贺卡；也有 10 欧元起的礼品券，马上发到邮箱。",
    ),
    Topic(
        (
            "open*",
            "hours",
            "close*",
            "when are you",
            "address",
            "where are you",
            "visit*",
            "营业",
            "几点",
            "开门",
            "关门",
            "地址",
            "在哪",
        ),
        "The shop at 12 Mill Lane is open Tuesday to Saturday from 10 to 18. On Saturdays at 11 "
        "there's a small potting workshop; just drop in.",
        "我们的店在磨坊巷 12 号，周二到周六 10 点到 18 点营业。"
        "周六 11 点有小小的上盆体验课，欢迎来玩。",
    ),
    Topic(
        ("price", "cost", "how much", "discount", "expensive", "多少钱", "价格", "优惠", "打折"),
        "Small plants start at €6, clay pots at €9, and large ferns are €24 to €38. If you buy a "
        "plant together with a pot, you get 10 % off both.",
        "小植物 6 欧元起，陶盆 9 欧元起，大株蕨类 24 到 38 欧元。植物和花盆一起买，两样都打九折。",
    ),
    Topic(
        ("recommend*", "beginner", "easy", "suggest*", "which plant", "推荐", "新手", "好养"),
        "For a first plant I'd take a pothos or a ZZ plant: both forgive forgotten watering and "
        "dark corners. For a bathroom a Boston fern is hard to beat. How bright is the spot you "
        "have in mind?",
        "第一盆推荐绿萝或金钱树，忘了浇水、光线暗一点都没关系。浴室就选波士顿蕨。"
        "您想放的位置光线怎么样？",
    ),
    Topic(
        ("thank*", "thanks", "great", "perfect", "danke", "dank", "谢谢", "感谢", "太好了"),
        "You're very welcome! Say hello to your plants from us.",
        "不客气！替我们向您的植物问好。",
        "Gern geschehen! Grüßen Sie Ihre Pflanzen von uns.",
    ),
    Topic(
        (
            *("hello", "hi", "hey", "good morning", "good evening", "hallo", "moin", "guten tag"),
            *("guten morgen", "guten abend", "你好", "您好", "早上好"),
        ),
        "Hello, and welcome to Fern & Clay! I can help with plants and pots, delivery, returns "
        "or a gift. What are you looking for?",
        "您好，欢迎来到 Fern & Clay！植物、花盆、配送、退换、送礼，都可以问我。想了解什么？",
        "Hallo und willkommen bei Fern & Clay! Fragen Sie mich nach Pflanzen, Töpfen, Versand, "
        "Rückgabe oder einem Geschenk. Was suchen Sie?",
    ),
)

OTHERWISE = Topic(
    (),
    "Good question. I know our plants and pots, delivery, returns and the shop best. Could you "
    "tell me a little more about what you need? If you'd rather talk to one of my colleagues, "
    "just say so.",
    "好问题。我最熟悉我们的植物、花盆、配送、退换和门店。能再多说一点您的需要吗？想找同事聊，也请直说。",
    "Gute Frage. Am besten kenne ich unsere Pflanzen und Töpfe, Versand, Rückgabe und den Laden. "
    "Mögen Sie mir etwas mehr dazu schreiben? Oder soll ich einen Kollegen holen? Sagen Sie es "
    "einfach.",
)
UNKNOWN = Topic(
    (),
    "I'm afraid I don't know that, and I'd rather not guess. Shall I ask one of my colleagues? "
    "Just say so.",
    "这个我不清楚，不想乱猜。要不要我请同事来回答？说一声就行。",
    "Das weiß ich leider nicht, und raten möchte ich nicht. Soll ich einen Kollegen fragen? Sagen "
    "Sie es einfach.",
)
HANDED_OVER = Topic(
    (),
    "I've asked a colleague to join us. They'll read what you wrote, so you needn't repeat it.",
    "我已经请同事过来了。您写的他们都能看到，不用再说一遍。",
    "Ich habe einen Kollegen dazugeholt. Er liest, was Sie geschrieben haben; Sie müssen nichts "
    "wiederholen.",
)
