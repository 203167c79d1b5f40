/* English: what numbers, dates, money, units and abbreviations look like, and how each is said. */
#include "text/normalise_say_en.h"

#define OPEN "(?<![\\w])"
#define SHUT "(?![\\w])"
#define WHOLE "(\\d{1,3}(?:,\\d{3}){1,10}|\\d{1,33})"
#define MONTH "(?i:(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))\\.?"
#define DAY_OF_WEEK "((?:Mon|Tues?|Wed|Thurs?|Thu|Fri|Sat|Sun)(?:day|nesday|urday)?)"
#define MONTH_NUMBER "(0?[1-9]|1[0-2])"
#define DAY "(0?[1-9]|[12]\\d|3[01])"
#define TH "(?:st|nd|rd|th)"
#define HOUR "([01]?\\d|2[0-3])"
#define SIXTY "([0-5]\\d)"
#define HALF "([aApP]\\.?[mM]\\b(?:\\.(?! +[A-Z]))?)"
#define ZONE "(?: ?\\b(?i:(est|edt|cst|cdt|mst|mdt|pst|pdt|gmt|utc|bst|cet))\\b)?"
#define SCALE "(?: ?((?:hundred|thousand|million|billion|trillion|(?i:mn|mm|mln|bn|bln|tn))\\b|(?<=\\d)[kKmMbBtT]\\b))"
#define CURRENCY "((?:US|A|C|HK)?\\$|£|€|¥|￥|₹|₽|₩|(?:USD|EUR|GBP|JPY|CNY|RMB|CHF)(?= ?\\d))"
#define UNIT                                                                                                                        \
    "([mckd]m[²³23]?|m[²³23]?|[μµn]m|in(?=\\.)|ft|yd|mi|ha|[mkμ]?g|lbs?|oz|m?[lL]|gal|qt|tbsp|tsp|ms|s|sec|min|h|hrs?|km/h|kmh|kph|mph|m/s|°[CF]?|℃|℉|%|‰|[kMG]?Hz|k?V|mA|" \
    "[kMG]?W|kWh|k?J|k?cal|k?Pa|dB|[kKMGT]B|[KMG]bps|rpm)"
#define NUMBER WHOLE "(?:\\.(\\d{1,20}))?"
#define STOP "(?:(?<=[a-z])\\.(?! +[A-Z]|[\"”’')\\]]|\\n|$))?" /* of an abbreviation, not of a sentence */
#define CURRENCY_CODE "(USD|EUR|GBP|JPY|CNY|RMB|CHF)"
#define STATE                                                                                                                       \
    "(A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY])"
#define KING "(Louis|Henry|Charles|Alexander|Nicholas|Napoleon|George|William|Edward|James|Elizabeth|Catherine|Peter|Paul|Philip|Pius|John|Richard|Frederick|" \
             "Ferdinand|Francis|Leo|Gregory|Benedict|Ivan)"

static const ink_say_rule english_rules[] = {
    /* addresses */
    { INK_AT_LETTER, OPEN "(https?://[^\\s<>\"]{0,1000}[\\w/])", "{address 1}" },
    { INK_AT_LETTER | INK_AT_DIGIT, "(?<![\\w.@-])([\\w.%+-]{1,64}@[A-Za-z\\d-]{1,63}(?:\\.[A-Za-z\\d-]{1,63}){1,6})", "{address 1}" },
    { INK_AT_LETTER | INK_AT_DIGIT,
      "(?<![\\w.@-])((?:[A-Za-z\\d-]{1,63}\\.){1,5}(?:com|org|net|edu|gov|mil|info|io|co|uk|de|cn|jp|fr|eu|ru)(?:/[^\\s<>\"]{0,500}[\\w/])?)" SHUT, "{address 1}" },
    /* telephones */
    { INK_AT_SIGN | INK_AT_DIGIT, "(?<![\\w-])((?:\\+?\\d{1,3}[ -])?\\(?\\d{3}\\)?[ -]\\d{3}-\\d{4}(?:-\\d{1,6})?)(?![\\w-])", "{phone 1}" },
    { INK_AT_DIGIT, "(?<![\\w-])(\\+?1-8\\d\\d)-([A-Z\\d]{1,12}(?:-[A-Z\\d]{1,12}){0,5})(?![\\w-])", "{phone 1}, {dashed 2}" },
    { INK_AT_SIGN, "(?<![\\w])(\\+\\d{1,3}(?:[ -]\\d{1,6}){2,6})" SHUT, "{phone 1}" },
    { INK_AT_DIGIT, "(?<![\\w.-])(\\d{3}\\.\\d{3}\\.\\d{4})(?![\\w-]|\\.\\d)", "{phone 1}" },
    { INK_AT_DIGIT, "(?<![\\w.,/-])(0\\d{2,4}(?: \\d{3,6}){1,2})(?![\\w-]| ?\\d|[.,]\\d)", "{phone 1}" },
    { INK_AT_LETTER, OPEN "((?i:call|dial|ring|text|phone|fax|tel|telephone|number)(?i:\\.|:| us| me| him| her| them| is| at| on){0,3}) (\\d{3}-\\d{4})(?![\\w-]|[.,/]\\d)", "{copy 1} {phone 2}" },
    { INK_AT_DIGIT, "(?<![\\w.,/-])(555-\\d{4}|[2-9]\\d\\d-(?!20|\\d\\d[05]0)[2-9]\\d{3})(?![\\w-]|[.,/]\\d| ?" UNIT SHUT ")", "{phone 1}" }, /* no range of round numbers or to a year */
    { INK_AT_LETTER, OPEN "((?i:call|dial|ring|phone)(?:s|e?d|led|ing|ling)?) (911|999|988|1[01]1|112)(?=[.,;:!?)](?!\\d)|\\n|$| (?:and|or|for|if|when|now|from|immediately)\\b)", "{copy 1} {digits 2}" },
    { INK_AT_LETTER, OPEN "(?i:ext)\\.? (?=\\d)", "extension " },
    /* dates */
    { INK_AT_DIGIT, OPEN "(\\d{4})([-/.])" MONTH_NUMBER "\\2" DAY SHUT, "the {ordinal 4} of {month 3} {year 1}" },
    { INK_AT_DIGIT, OPEN MONTH_NUMBER "/" DAY "/([12]\\d{3})" SHUT, "the {ordinal 2} of {month 1} {year 3}" },
    { INK_AT_DIGIT, OPEN DAY "/" MONTH_NUMBER "/([12]\\d{3})" SHUT, "the {ordinal 1} of {month 2} {year 3}" }, /* a day that is no month */
    { INK_AT_LETTER, OPEN MONTH " " DAY TH "?,? (\\d{4})" SHUT, "the {ordinal 2} of {month-name 1}, {year 3}" },
    { INK_AT_LETTER, OPEN MONTH " " DAY TH "?(?![\\w.:,]?\\d|\\w)", "the {ordinal 2} of {month-name 1}" },
    { INK_AT_LETTER, OPEN MONTH ",? ([12]\\d{3})" SHUT, "{month-name 1} {year 2}" },
    { INK_AT_DIGIT, OPEN "(?<![.,])" DAY TH "? (?:of )?" MONTH ",? (\\d{4})" SHUT, "the {ordinal 1} of {month-name 2} {year 3}" },
    { INK_AT_DIGIT, OPEN "(?<![.,])" DAY TH "? (?:of )?" MONTH SHUT, "the {ordinal 1} of {month-name 2}" },
    { INK_AT_SIGN, OPEN "['’](\\d0)s" SHUT, "{decade 1}" },
    { INK_AT_DIGIT, OPEN "(1[1-9]|20)(\\d0)['’]?s" SHUT, "{decade 1 2}" },
    { INK_AT_DIGIT, OPEN "([2-9]0)s" SHUT, "{decade 1}" },
    { INK_AT_DIGIT, OPEN "(\\d{1,4}) ?(B\\.?C(?:\\.?E)?|A\\.?D|C\\.E)\\b(?:\\.(?! +[A-Z]))?", "{year 1} {letters 2}" },
    { INK_AT_DIGIT, OPEN "([12])H(\\d\\d)" SHUT, "the {ordinal 1} half of {cardinal 2}" },
    { INK_AT_DIGIT, OPEN "([1-4])Q(\\d\\d)" SHUT, "the {ordinal 1} quarter of {cardinal 2}" },
    { INK_AT_LETTER, OPEN "([Ii]n|[Ss]ince|[Bb]y|[Uu]ntil|[Aa]round|[Cc]irca|[Aa]fter|[Bb]efore) (1[01]\\d\\d)(?![\\w%]|[.,]\\d| [a-z])", "{copy 1} {year 2}" },
    /* times */
    { INK_AT_DIGIT, OPEN HOUR "[:.]" SIXTY "[:.]" SIXTY " ?" HALF ZONE, "{cardinal 1} hours {cardinal 2} minutes and {cardinal 3} seconds {letters 4} {letters 5}" },
    { INK_AT_DIGIT, OPEN HOUR ":" SIXTY ":" SIXTY SHUT, "{cardinal 1} hours {cardinal 2} minutes and {cardinal 3} seconds" },
    { INK_AT_DIGIT, OPEN HOUR "[:.]" "00 ?" HALF ZONE, "{cardinal 1} {letters 2} {letters 3}" },
    { INK_AT_DIGIT, OPEN HOUR "[:.]" SIXTY " ?" HALF ZONE, "{cardinal 1} {minutes 2} {letters 3} {letters 4}" },
    { INK_AT_DIGIT, OPEN HOUR ":" SIXTY ZONE SHUT, "{clock 1 2} {letters 3}" },
    { INK_AT_DIGIT, OPEN "(1[0-2]|0?[1-9]) ?" HALF ZONE, "{cardinal 1} {letters 2} {letters 3}" },
    { INK_AT_LETTER, OPEN "([aApP]\\.[mM])\\b(?:\\.(?! +[A-Z]))?", "{letters 1}" },
    /* money */
    { INK_AT_SIGN, OPEN "-(?=(?:US|A|C|HK)?[$£€]\\d)", "{minus 0}" },
    { INK_AT_SIGN | INK_AT_WIDE | INK_AT_LETTER, OPEN CURRENCY " ?" NUMBER SCALE " ?[-–] ?(?:\\1 ?)?" NUMBER SCALE "?(?![\\w]|[-/]\\d)", "{money 1 2 3 4} to {money 1 5 6 7}" },
    { INK_AT_SIGN | INK_AT_WIDE | INK_AT_LETTER, OPEN CURRENCY " ?" NUMBER " ?[-–] ?(?:\\1 ?)?" NUMBER SCALE "?(?![\\w]|[-/]\\d)", "{decimal 2 3} to {money 1 4 5 6}" },
    { INK_AT_SIGN | INK_AT_WIDE | INK_AT_LETTER, OPEN CURRENCY " ?" NUMBER SCALE "?(?!\\d)", "{money 1 2 3 4}" },
    { INK_AT_SIGN | INK_AT_WIDE, "([$£€])\\.(\\d{1,20})(?!\\d)", "{money 1 9 2 8}" },
    { INK_AT_DIGIT, OPEN "(\\d{1,9})¢", "{cardinal 1} cents" },
    { INK_AT_DIGIT, OPEN "(\\d{1,2})p" SHUT, "{cardinal 1} pence" },
    { INK_AT_DIGIT, OPEN NUMBER " ?(?:([€£])(?!\\d)|" CURRENCY_CODE SHUT ")", "{money 3 1 2 9}{money 4 1 2 9}" },
    { INK_AT_DIGIT, OPEN NUMBER " ?(?i:(mn|bn|tn|mln|bln))" SHUT, "{decimal 1 2} {scale 3}" },
    /* measures, ranges, products */
    { INK_AT_DIGIT, OPEN "([1-9])['′](1[01]|\\d)[\"″]", "{cardinal 1} feet {cardinal 2}" },
    { INK_AT_DIGIT, OPEN WHOLE " ?(ft|feet|foot)\\b\\.?,? ?(1[01]|\\d) ?(in)(?:ch(?:es)?\\b|\\b(?! (?:an?|the|all|total)\\b))" STOP, "{cardinal 1} {unit 2 1 9} {cardinal 3} {unit 4 3 9}" },
    { INK_AT_DIGIT, OPEN NUMBER " ?sq\\b\\.? ?(ft|in|yd|mi|k?m|cm)\\b" STOP, "{decimal 1 2} square {unit 3 1 2}" },
    { INK_AT_DIGIT, OPEN NUMBER " ?cu\\b\\.? ?(ft|in|yd|k?m|cm)\\b" STOP, "{decimal 1 2} cubic {unit 3 1 2}" },
    { INK_AT_DIGIT, OPEN "(\\d{1,9}) (\\d{1,2})/(\\d{1,2}) ?(in(?=\\.)|ft|yd|mi|lbs?|oz|hrs?|gal|tbsp|tsp)\\b" STOP, "{cardinal 1} and {fraction 2 3} {unit 4}" },
    { INK_AT_LETTER | INK_AT_WIDE, "(?<=\\b(?:cm|mm|ft|in) |\\b(?:ft|in)\\. )[x×](?= ?\\d)", "by" },
    { INK_AT_LETTER, "(?<=\\d|\\d )(?<!\\b0)x(?= ?\\d)", "by" }, /* 2 x 4; but 0x10 */
    { INK_AT_DIGIT, OPEN NUMBER " ?[-–~] ?" NUMBER " ?" UNIT SHUT STOP, "{decimal 1 2} to {decimal 3 4} {unit 5}" },
    { INK_AT_DIGIT, OPEN "(?<!\\d[-/.])(\\d{1,12})[-–](\\d{1,12})(?![\\w]|[-/]\\d)", "{number 1} to {number 2}" },
    { INK_AT_SIGN, OPEN "[-−]" NUMBER " ?" UNIT SHUT STOP, "negative {decimal 1 2} {unit 3 1 2}" },
    { INK_AT_DIGIT, OPEN NUMBER " ?" UNIT SHUT STOP, "{decimal 1 2} {unit 3 1 2}" },
    { INK_AT_SIGN, "(?<![\\w.])\\.(\\d{1,20}) ?" UNIT SHUT STOP, "{point 1} {unit 2}" },
    { INK_AT_SIGN | INK_AT_WIDE, "(?<=\\d|\\d )([*×÷±])(?= ?\\d)", "{sign 1}" },
    /* fractions */
    { INK_AT_DIGIT, OPEN "24/7" SHUT, "twenty four seven" },
    { INK_AT_DIGIT, OPEN "(\\d{1,9}) (\\d{1,6})/(\\d{1,6})" TH "?" SHUT, "{cardinal 1} and {fraction 2 3}" },
    { INK_AT_DIGIT, OPEN "(?<!/)(\\d{1,6})/(\\d{1,6})" TH "?(?![\\w/])", "{fraction 1 2}" },
    { INK_AT_WIDE, "(?<=\\d)([¼½¾⅓⅔⅛⅜⅝⅞])", "and {sign 1}" },
    { INK_AT_WIDE, "([¼½¾⅓⅔⅛⅜⅝⅞§©®™№≤≥≠≈°£€×÷±])", "{sign 1}" },
    /* numbers */
    { INK_AT_DIGIT, OPEN WHOLE TH SHUT, "{ordinal 1}" },
    { INK_AT_DIGIT, "(?<![\\d.])(\\d{1,6}(?:\\.\\d{1,6}){2,8})(?!\\w)", "{version 1}" },
    { INK_AT_SIGN | INK_AT_WIDE, "(?<![\\w).])[-−]" WHOLE "\\.(\\d{1,60})(?!\\d)", "minus {decimal 1 2}" },
    { INK_AT_SIGN | INK_AT_WIDE, "(?<![\\w).])[-−](?=\\d)", "{negative 0}" },
    { INK_AT_DIGIT, "(?<![\\d.])" WHOLE "\\.(\\d{1,60})(?!\\d)", "{decimal 1 2}" },
    { INK_AT_SIGN, "(?<![\\w.])\\.(\\d{1,60})(?!\\d)", "{point 1}" },
    { INK_AT_LETTER, OPEN "[Nn]o\\. ?(?=\\d)", "number" },
    { INK_AT_SIGN, "#(?=\\d)", "number" },
    { INK_AT_LETTER | INK_AT_DIGIT, "(?<=[A-Z]{2} )(\\d{5})(?:-(\\d{4}))?" SHUT, "{digits 1} {digits 2}" },
    { INK_AT_DIGIT, "(\\d{1,3}(?:,\\d{3}){1,10})(?![\\d,])", "{cardinal 1}" },
    { INK_AT_DIGIT, "(\\d+)", "{number 1}" },
    /* words and letters */
    { INK_AT_LETTER, "(?<=, )" STATE SHUT "(?!\\.)", "{state 1}" },
    { INK_AT_LETTER, OPEN DAY_OF_WEEK "\\.?[-–]" DAY_OF_WEEK "\\b\\.?", "{day-name 1} to {day-name 2}" },
    { INK_AT_LETTER, OPEN "(Tues?|Wed|Thurs?|Fri)\\.", "{day-name 1}" },
    { INK_AT_LETTER, OPEN "(Jan|Feb|Aug|Sept?|Oct|Nov|Dec)\\.", "{month-name 1}" },
    { INK_AT_LETTER, OPEN "(Ph\\.D|e\\.g|i\\.e)\\.", "{abbreviation 1}" },
    { INK_AT_LETTER, "(?<=\\w )St\\.(?= [a-z]|,)", "Street" }, /* before a name it is a Saint */
    { INK_AT_LETTER, OPEN "(Mrs?|Ms|Dr|Prof)\\.(?= (?:&|and|or) )", "{abbreviation 1}" },
    { INK_AT_LETTER, OPEN "(Mrs?|Ms|Dr|Prof|St|Mt|Hon|Maj|Rev|Gen|Col|Capt|Lt|Sgt|Cpl|Sen|Rep|Gov|Pres|Messrs|Mme|Mlle)\\.(?= ?[A-Z]|\\n|$)", "{abbreviation 1}" },
    { INK_AT_LETTER, OPEN "(Co|Bros|vs|approx|[Dd]ept|Ave|Blvd|Rd|Hwy|[Vv]ol|[Ff]ig)\\.", "{abbreviation 1}" },
    { INK_AT_LETTER, OPEN "(etc|Jr|Sr|Inc|Ltd|Corp)(?:\\.(?! +[A-Z]|\\n|$)|(?=\\.))", "{abbreviation 1}" },
    { INK_AT_LETTER, OPEN "(Expy|Blvd|Hwy|Messrs)" SHUT, "{abbreviation 1}" },
    { INK_AT_LETTER, OPEN "((?:[A-Z]\\.){1,10}[A-Z])\\b(?:\\.(?! +[A-Z]|\\n|$))?", "{letters 1}" },
    { INK_AT_LETTER, OPEN KING " (I(?=[,.;:)'’]| of\\b)|[IVX]{2,8}|V)(?!\\.\\w)" SHUT, "{copy 1} the {roman-ordinal 2}" },
    { INK_AT_LETTER, OPEN "((?i:chapter|part|book|volume|act|scene|section|world war)) ([IVXLC]{1,10})" SHUT, "{copy 1} {roman 2}" },
    { INK_AT_LETTER, OPEN "(?=[IVX]{2,10}\\b)(X{0,3}(?:IX|IV|V?I{0,3}))(?![\\w'’-])", "{roman 1}" },
    /* signs between words */
    { INK_AT_SIGN, "(?<=\\s)&(?=\\s)", "and" },
    { INK_AT_SIGN, "(?<=\\w)&(?=\\w)", "and" },
    { INK_AT_SIGN, "(?<=[\\w)] )([=+<>])(?= [\\w(])", "{sign 1}" },
    { INK_AT_SIGN, "(?<=\\d)([=+])(?=\\d)", "{sign 1}" },
    { INK_AT_SIGN, "(?<![\\w])[+](?=\\d)", "plus" },
    { INK_AT_SIGN, "(?<=\\w)%", "percent" },
    { INK_AT_SIGN, "(?<=\\s)([@%])(?=\\s)", "{sign 1}" },
    { 0, NULL, NULL },
};

const ink_say_language ink_say_english = { .name = "en", .rules = english_rules, .verbs = ink_say_english_verbs, .blanks = true };
