/* Chinese: what numbers, dates, money, telephone numbers and units look like, and how each is said. */
#include "text/normalise_words_zh.h"

#define OPEN "(?<![\\dA-Za-z])(?<!\\d\\.)"
#define SHUT "(?![\\dA-Za-z])"
#define NUMBER "(\\d{1,16})(?:\\.(\\d{1,30}))?"
#define YEAR "([12]\\d{3})"
#define MONTH "(0?[1-9]|1[0-2])"
#define MONTH2 "(0[1-9]|1[0-2])"
#define DAY "(0?[1-9]|[12]\\d|3[01])"
#define DAY2 "(0[1-9]|[12]\\d|3[01])"
#define HOUR "([01]?\\d|2[0-4])"
#define SIXTY "([0-5]\\d)"
#define HALF " ?([aApP]\\.?[mM])\\b\\.?"
#define CURRENCY "((?:US|A|C|HK|NT|S)?\\$|¥|￥|€|£|₹|₽|₩|CNY|RMB|USD|HKD|AUD|CAD|EUR|GBP|JPY|KRW|CHF|TWD|SGD)"
#define SCALE "((?:百|千|万|百万|千万|亿|万亿)?)"
#define UNIT                                                                                                                        \
    "([mck]m[²³23]?|dm|m[²³23]?|[μµn]m|㎡|m?A(?=h)h|mAh|mA|[mk]?g|t|m?[lL]|ms|s|min|h|°[CF]?|℃|℉|[kMG]?Hz|k?Vh?|[kM]?W|kWh|k?J|k?cal|[kM]?Pa|dB|" \
    "[KMGT]B|Mbps|ha|ft|mi|lb|oz)"
#define RATE "((km|m)/(?:h|s|min))"
#define MEASURE                                                                                                                     \
    "(?:[个只条张本人位名件年天周次种家部台辆架座栋间套双对杯瓶碗斤米块岁口颗粒根枚场项门句段页篇首幅批群秒倍万亿千元升吨匹头棵朵把道扇面节支]|" \
    "小时|分钟|公斤|公里|公升|公顷|星期|季度)"
#define TEAM                                                                                                                        \
    "(中国|日本|韩国|美国|英国|法国|德国|巴西|阿根廷|意大利|西班牙|葡萄牙|荷兰|俄罗斯|澳大利亚|比利时|克罗地亚|乌拉圭|墨西哥|伊朗|沙特|泰国|越南|" \
    "朝鲜|英格兰|苏格兰|威尔士|拉齐奥|罗马|国际米兰|AC米兰|尤文图斯|那不勒斯|皇马|皇家马德里|巴萨|巴塞罗那|曼联|曼城|切尔西|阿森纳|利物浦|热刺|" \
    "拜仁|多特蒙德|巴黎圣日耳曼|恒大|国安|申花|上港|鲁能|泰达|湖人|火箭|勇士|比分|主场|客场|战平|总分)"

static const ink_say_rule chinese_rules[] = {
    /* a final r: it colours the syllable before and is not written; the first rule, since what is to be heard keeps it */
    { INK_AT_WIDE, "(?<=[这那哪事鸟地花点会玩块味头活份空门面边根片圈弯盖本猫狗味馅劲趣])儿(?![子童女孙媳歌科郎])", "" },
    /* telephones, codes */
    { INK_AT_DIGIT, OPEN "(1[3-9]\\d)[- ]?(\\d{4})[- ]?(\\d{4})" SHUT, "{yao 1}{yao 2}{yao 3}" },
    { INK_AT_SIGN, "(\\+\\d{1,3})[- ](1[3-9]\\d)[- ]?(\\d{4})[- ]?(\\d{4})" SHUT, "加{digits 1}{yao 2}{yao 3}{yao 4}" },
    { INK_AT_DIGIT, OPEN "(0\\d{2,3})[- ](\\d{7,8})" SHUT, "{digits 1}{digits 2}" },
    { INK_AT_DIGIT, OPEN "([48]00)[- ]?(\\d{3,4})[- ]?(\\d{3,4})" SHUT, "{yao 1}{yao 2}{yao 3}" },
    { INK_AT_DIGIT, OPEN "(10086|10010|12[13]\\d{2}|95\\d{3})(?![\\d.%]|" MEASURE ")" SHUT, "{yao 1}" },
    { INK_AT_DIGIT, "(?:(?<=打|拨|报|警|话|叫)|(?<![^\\n]))(11[0249]|12[02])(?![\\d.%A-Za-z]|" MEASURE ")", "{yao 1}" },
    { INK_AT_WIDE, "(尾号|验证码|密码|编号|学号|工号|房号|邮编|手机号|电话|车牌)([是为:]?)(\\d{2,20})" SHUT, "{copy 1}{copy 2}{yao 3}" },
    { INK_AT_DIGIT, OPEN "(\\d{1,3}(?:\\.\\d{1,3}){3})(?![\\d.])", "{dotted 1}" },
    /* dates */
    { INK_AT_DIGIT, OPEN "(\\d{4})([-/.])" MONTH "\\2" DAY SHUT, "{digits 1}年{cardinal 3}月{cardinal 4}日" },
    { INK_AT_DIGIT, OPEN MONTH2 "([-/.])" DAY2 "\\2" YEAR SHUT, "{digits 4}年{cardinal 1}月{cardinal 3}日" },
    { INK_AT_DIGIT, OPEN DAY2 "([-/.])" MONTH2 "\\2" YEAR SHUT, "{digits 4}年{cardinal 3}月{cardinal 1}日" },
    { INK_AT_DIGIT, OPEN YEAR "[-/.]" MONTH2 "(?![\\dA-Za-z.%/-]|" MEASURE ")", "{digits 1}年{cardinal 2}月" },
    { INK_AT_DIGIT, OPEN MONTH2 "[-/.]" YEAR "(?![\\dA-Za-z.%/-])", "{digits 2}年{cardinal 1}月" },
    { INK_AT_DIGIT, OPEN "0([1-9])[-/.]" DAY2 "(?![\\dA-Za-z.%/-]|" MEASURE ")", "{cardinal 1}月{cardinal 2}日" },
    { INK_AT_DIGIT, OPEN YEAR "[-~]" YEAR "(?=年)", "{digits 1}到{digits 2}" },
    { INK_AT_DIGIT, OPEN "(?!1000)" YEAR "(?=年)", "{digits 1}" },
    { INK_AT_DIGIT, OPEN "(\\d\\d)(?=年\\d{1,2}月)", "{digits 1}" },
    { INK_AT_DIGIT, OPEN "([5-9]0|0[05])(?=后|年代?生)", "{digits 1}" },
    /* scores and times */
    { INK_AT_WIDE | INK_AT_LETTER, TEAM " ?(\\d{1,3})[-/:](\\d{1,3})(?![\\d:/.-])", "{copy 1}{cardinal 2}比{cardinal 3}" },
    { INK_AT_DIGIT, OPEN HOUR ":" SIXTY ":" SIXTY HALF, "{half-day 4}{count 1}点{minutes 2}{seconds 3}" },
    { INK_AT_DIGIT, OPEN HOUR ":" SIXTY ":" SIXTY "(?![\\d:])", "{count 1}点{minutes 2}{seconds 3}" },
    { INK_AT_DIGIT, OPEN HOUR ":" SIXTY HALF, "{half-day 3}{count 1}点{minutes 2}" },
    { INK_AT_DIGIT, OPEN HOUR ":" SIXTY "(?![\\d:])", "{count 1}点{minutes 2}" },
    { INK_AT_DIGIT, OPEN "(1[0-2]|[1-9])" HALF, "{half-day 2}{count 1}点" },
    { INK_AT_DIGIT, OPEN "(\\d{1,6}):(\\d{1,6})(?![\\d:])", "{cardinal 1}比{cardinal 2}" },
    { INK_AT_SIGN, "(?<=\\d)[-~](?=\\d{1,2}:\\d\\d)", "到" },
    /* money, percentages, fractions */
    { INK_AT_SIGN | INK_AT_WIDE | INK_AT_LETTER, "(?<![A-Za-z])" CURRENCY " ?" NUMBER SCALE, "{decimal 2 3}{copy 4}{currency 1}" },
    { INK_AT_DIGIT, OPEN NUMBER "%[-~]" NUMBER "%", "百分之{decimal 1 2}到百分之{decimal 3 4}" },
    { INK_AT_DIGIT, OPEN NUMBER "[-~]" NUMBER "%", "百分之{decimal 1 2}到百分之{decimal 3 4}" },
    { INK_AT_SIGN | INK_AT_WIDE, "(?<![\\dA-Za-z)])[-−]" NUMBER "%", "负百分之{decimal 1 2}" },
    { INK_AT_DIGIT, OPEN NUMBER "%", "百分之{decimal 1 2}" },
    { INK_AT_DIGIT, OPEN NUMBER "‰", "千分之{decimal 1 2}" },
    { INK_AT_DIGIT, OPEN "(\\d{1,9}) ?/ ?(\\d{1,9})(?![\\d/.])", "{cardinal 2}分之{cardinal 1}" },
    /* measures */
    { INK_AT_DIGIT, OPEN NUMBER " ?" RATE SHUT, "{rate 3}{count 1 2}{unit 4}" },
    { INK_AT_SIGN | INK_AT_WIDE, "(?<![\\dA-Za-z)])[-−]" NUMBER " ?(°C|℃)", "零下{decimal 1 2}摄氏度" },
    { INK_AT_DIGIT, OPEN NUMBER "[-~]" NUMBER " ?" UNIT SHUT, "{count 1 2}到{count 3 4}{unit 5}" },
    { INK_AT_DIGIT, OPEN NUMBER " ?kg" SHUT, "{decimal 1 2}千克" },
    { INK_AT_DIGIT, OPEN NUMBER " ?" UNIT SHUT, "{count 1 2}{unit 3}" },
    { INK_AT_DIGIT, OPEN NUMBER "[wW]" SHUT, "{count 1 2}万" },
    /* arithmetic */
    { INK_AT_SIGN | INK_AT_WIDE, "±(?=\\d)", "正负" },
    { INK_AT_DIGIT, OPEN NUMBER " ?(<=|>=|!=|[+*×÷=<>≤≥≠≈]) ?(?=[-\\d(])", "{decimal 1 2}{sign 3}" },
    { INK_AT_SIGN | INK_AT_WIDE, "(?<=[\\d)]) ?(<=|>=|!=|[+*×÷=<>≤≥≠≈]) ?(?=[-\\d(])", "{sign 1}" },
    { INK_AT_SIGN | INK_AT_WIDE, "(<=|>=|[≤≥≠≈]) ?(?=-?\\d)", "{sign 1}" },
    { INK_AT_SIGN, "(?<=\\d)-(?=\\d{1,12} ?=)", "减" },
    { INK_AT_SIGN | INK_AT_WIDE, "(?<=\\d)[-~](?=\\d)", "到" },
    { INK_AT_SIGN | INK_AT_WIDE, "(?<![\\dA-Za-z)])[-−](?=\\d)", "负" },
    /* numbers */
    { INK_AT_LETTER, OPEN "([A-Z])2([A-Z])" SHUT, "{copy 1} to {copy 2}" },
    { INK_AT_DIGIT, "(?<![\\d.第])(\\d{1,16})(?=[多余几来]?" MEASURE ")", "{count 1}" },
    { INK_AT_DIGIT, "(?<![\\d.])(\\d{1,3}(?:,\\d{3}){1,4})(?:\\.(\\d{1,30}))?(?![\\d,])", "{decimal 1 2}" },
    { INK_AT_DIGIT, "(\\d{1,4}(?:\\.\\d{1,4}){2,6})(?![\\d.])", "{dotted 1}" },
    { INK_AT_DIGIT, "(?<![\\d.])" "(\\d{1,16})\\.(\\d{1,60})(?!\\d)", "{decimal 1 2}" },
    { INK_AT_DIGIT, "(\\d+)", "{number 1}" },
    { INK_AT_WIDE, "([①-⑩αβγδθλμπσφωΩ])", "{sign 1}" },
    { 0, NULL, NULL },
};

const ink_say_language ink_say_chinese = { .name = "zh", .rules = chinese_rules, .verbs = ink_say_chinese_verbs, .narrow = true };
const ink_say_language ink_say_chinese_heard = { .name = "zh", .rules = chinese_rules + 1, .verbs = ink_say_chinese_verbs, .narrow = true };
