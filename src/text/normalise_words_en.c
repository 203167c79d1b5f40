/* Words that stand for signs, units and abbreviations in English. */
#include "text/normalise_words_en.h"

const char *const ink_english_months[12] = { "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
                                             "december" };
const char *const ink_english_days[7] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };

const ink_say_pair ink_english_ordinals[] = {
    { "one", "first" }, { "two", "second" }, { "three", "third" }, { "five", "fifth" }, { "eight", "eighth" }, { "nine", "ninth" },
    { "twelve", "twelfth" }, { NULL, NULL },
};

const ink_say_pair ink_english_currencies[] = {
    { "$", "dollar" }, { "US$", "dollar" }, { "A$", "Australian dollar" }, { "C$", "Canadian dollar" }, { "HK$", "Hong Kong dollar" }, { "£", "pound" },
    { "€", "euro" }, { "¥", "yen" }, { "￥", "yuan" }, { "₹", "rupee" }, { "₽", "rouble" }, { "₩", "won" }, { "USD", "dollar" }, { "EUR", "euro" },
    { "GBP", "pound" }, { "JPY", "yen" }, { "CNY", "yuan" }, { "RMB", "yuan" }, { "CHF", "Swiss franc" }, { NULL, NULL },
};

const ink_say_pair ink_english_cents[] = { { "dollar", "cents" }, { "pound", "pence" }, { "euro", "cents" }, { NULL, NULL } };

const ink_say_pair ink_english_scales[] = { /* in either case */
    { "k", "thousand" }, { "m", "million" }, { "mn", "million" }, { "mm", "million" }, { "mln", "million" }, { "b", "billion" }, { "bn", "billion" },
    { "bln", "billion" }, { "t", "trillion" }, { "tn", "trillion" }, { NULL, NULL },
};

const ink_say_pair ink_english_units[] = {
    { "mm", "millimeters" }, { "cm", "centimeters" }, { "dm", "decimeters" }, { "m", "meters" }, { "km", "kilometers" }, { "μm", "micrometers" },
    { "µm", "micrometers" }, { "nm", "nanometers" }, { "in", "inches" }, { "ft", "feet" }, { "feet", "feet" }, { "foot", "feet" }, { "yd", "yards" }, { "mi", "miles" }, { "mm²", "square millimeters" },
    { "cm²", "square centimeters" }, { "m²", "square meters" }, { "km²", "square kilometers" }, { "mm2", "square millimeters" },
    { "cm2", "square centimeters" }, { "m2", "square meters" }, { "km2", "square kilometers" }, { "cm³", "cubic centimeters" }, { "m³", "cubic meters" },
    { "cm3", "cubic centimeters" }, { "m3", "cubic meters" }, { "ha", "hectares" }, { "mg", "milligrams" }, { "g", "grams" }, { "kg", "kilograms" },
    { "μg", "micrograms" }, { "lb", "pounds" }, { "lbs", "pounds" }, { "oz", "ounces" }, { "gal", "gallons" }, { "qt", "quarts" }, { "tbsp", "tablespoons" }, { "tsp", "teaspoons" }, { "ml", "milliliters" }, { "mL", "milliliters" },
    { "l", "liters" }, { "L", "liters" }, { "ms", "milliseconds" }, { "s", "seconds" }, { "sec", "seconds" }, { "min", "minutes" }, { "h", "hours" },
    { "hr", "hours" }, { "hrs", "hours" }, { "km/h", "kilometers per hour" }, { "kmh", "kilometers per hour" }, { "kph", "kilometers per hour" },
    { "mph", "miles per hour" }, { "m/s", "meters per second" }, { "°C", "degrees Celsius" }, { "℃", "degrees Celsius" }, { "°F", "degrees Fahrenheit" },
    { "℉", "degrees Fahrenheit" }, { "°", "degrees" }, { "%", "percent" }, { "‰", "per mille" }, { "Hz", "hertz" }, { "kHz", "kilohertz" },
    { "MHz", "megahertz" }, { "GHz", "gigahertz" }, { "V", "volts" }, { "kV", "kilovolts" }, { "mA", "milliamperes" }, { "W", "watts" },
    { "kW", "kilowatts" }, { "MW", "megawatts" }, { "GW", "gigawatts" }, { "kWh", "kilowatt hours" }, { "J", "joules" }, { "kJ", "kilojoules" },
    { "cal", "calories" }, { "kcal", "kilocalories" }, { "Pa", "pascals" }, { "kPa", "kilopascals" }, { "dB", "decibels" }, { "KB", "kilobytes" },
    { "kB", "kilobytes" }, { "MB", "megabytes" }, { "GB", "gigabytes" }, { "TB", "terabytes" }, { "Kbps", "kilobits per second" },
    { "Mbps", "megabits per second" }, { "Gbps", "gigabits per second" }, { "rpm", "revolutions per minute" }, { NULL, NULL },
};

const ink_say_pair ink_english_unit_singles[] = { /* where it is not the plural without its s */
    { "in", "inch" }, { "ft", "foot" }, { "feet", "foot" }, { "foot", "foot" }, { "km/h", "kilometer per hour" }, { "kmh", "kilometer per hour" }, { "kph", "kilometer per hour" }, { "mph", "mile per hour" },
    { "m/s", "meter per second" }, { "°C", "degree Celsius" }, { "℃", "degree Celsius" }, { "°F", "degree Fahrenheit" }, { "℉", "degree Fahrenheit" },
    { "rpm", "revolution per minute" }, { NULL, NULL },
};

const ink_say_pair ink_english_signs[] = {
    { "@", "at" }, { ".", "dot" }, { "-", "dash" }, { "_", "underscore" }, { "/", "slash" }, { ":", "colon" }, { "?", "question mark" }, { "=", "equals" },
    { "&", "and" }, { "%", "percent" }, { "#", "hash" }, { "+", "plus" }, { "~", "tilde" }, { "<", "less than" }, { ">", "greater than" }, { "*", "times" },
    { "×", "times" }, { "÷", "divided by" }, { "±", "plus or minus" }, { "≤", "less than or equal to" }, { "≥", "greater than or equal to" },
    { "≠", "not equal to" }, { "≈", "about" }, { "°", "degrees" }, { "¼", "one quarter" }, { "½", "one half" }, { "¾", "three quarters" },
    { "⅓", "one third" }, { "⅔", "two thirds" }, { "⅛", "one eighth" }, { "⅜", "three eighths" }, { "⅝", "five eighths" }, { "⅞", "seven eighths" },
    { "§", "section" }, { "©", "copyright" }, { "®", "registered" }, { "™", "trademark" }, { "№", "number" }, { "$", "dollars" }, { "£", "pounds" },
    { "€", "euros" }, { "^", "caret" }, { "|", "bar" }, { "\\", "backslash" }, { NULL, NULL },
};

const ink_say_pair ink_english_abbreviations[] = {
    { "Mr", "Mister" }, { "Mrs", "Missus" }, { "Ms", "Miss" }, { "Dr", "Doctor" }, { "Prof", "Professor" }, { "St", "Saint" }, { "Mt", "Mount" },
    { "Hon", "Honorable" }, { "Maj", "Major" }, { "Rev", "Reverend" }, { "Gen", "General" }, { "Col", "Colonel" }, { "Capt", "Captain" },
    { "Lt", "Lieutenant" }, { "Sgt", "Sergeant" }, { "Cpl", "Corporal" }, { "Sen", "Senator" }, { "Rep", "Representative" }, { "Gov", "Governor" },
    { "Pres", "President" }, { "Jr", "Junior" }, { "Sr", "Senior" }, { "Co", "company" }, { "Inc", "incorporated" }, { "Ltd", "limited" },
    { "Corp", "corporation" }, { "Bros", "brothers" }, { "vs", "versus" }, { "etc", "et cetera" }, { "e.g", "for example" }, { "i.e", "that is" },
    { "approx", "approximately" }, { "dept", "department" }, { "Dept", "Department" }, { "Ave", "Avenue" }, { "Blvd", "Boulevard" }, { "Rd", "Road" },
    { "Expy", "Expressway" }, { "Hwy", "Highway" }, { "vol", "volume" }, { "Vol", "Volume" }, { "Fig", "Figure" }, { "fig", "figure" },
    { "Ph.D", "PHD" }, { "Ed", "Edward" }, { "Messrs", "Messieurs" }, { "Mme", "Madame" }, { "Mlle", "Mademoiselle" }, { NULL, NULL },
};

const ink_say_pair ink_english_states[] = {
    { "AL", "Alabama" }, { "AK", "Alaska" }, { "AZ", "Arizona" }, { "AR", "Arkansas" }, { "CA", "California" }, { "CO", "Colorado" },
    { "CT", "Connecticut" }, { "DE", "Delaware" }, { "FL", "Florida" }, { "GA", "Georgia" }, { "HI", "Hawaii" }, { "ID", "Idaho" }, { "IL", "Illinois" },
    { "IN", "Indiana" }, { "IA", "Iowa" }, { "KS", "Kansas" }, { "KY", "Kentucky" }, { "LA", "Louisiana" }, { "ME", "Maine" }, { "MD", "Maryland" },
    { "MA", "Massachusetts" }, { "MI", "Michigan" }, { "MN", "Minnesota" }, { "MS", "Mississippi" }, { "MO", "Missouri" }, { "MT", "Montana" },
    { "NE", "Nebraska" }, { "NV", "Nevada" }, { "NH", "New Hampshire" }, { "NJ", "New Jersey" }, { "NM", "New Mexico" }, { "NY", "New York" },
    { "NC", "North Carolina" }, { "ND", "North Dakota" }, { "OH", "Ohio" }, { "OK", "Oklahoma" }, { "OR", "Oregon" }, { "PA", "Pennsylvania" },
    { "RI", "Rhode Island" }, { "SC", "South Carolina" }, { "SD", "South Dakota" }, { "TN", "Tennessee" }, { "TX", "Texas" }, { "UT", "Utah" },
    { "VT", "Vermont" }, { "VA", "Virginia" }, { "WA", "Washington" }, { "WV", "West Virginia" }, { "WI", "Wisconsin" }, { "WY", "Wyoming" },
    { "DC", "D C" }, { NULL, NULL },
};
