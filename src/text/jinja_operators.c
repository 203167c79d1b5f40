/* + - * / // % ** over Python's types. Integers have 64 bits; what does not fit is refused by a sentence. */
#include "text/jinja.h"

#include <math.h>
#include <string.h>

static int64_t operators_int(jinja_value v)
{
    return v.type == JINJA_BOOL ? v.boolean : v.integer;
}

static bool operators_integers(jinja_value a, jinja_value b)
{
    return jinja_is_number(a) && jinja_is_number(b) && a.type != JINJA_FLOAT && b.type != JINJA_FLOAT;
}

_Noreturn static void operators_refuse(jinja *j, jinja_value a, jinja_value b, const char *op)
{
    if (a.type == JINJA_UNDEFINED || b.type == JINJA_UNDEFINED)
        jinja_fail(j, INK_E_FORMAT, "%s", a.type == JINJA_UNDEFINED ? a.text : b.text);
    jinja_fail(j, INK_E_FORMAT, "%s does not take a value of type %s and one of type %s", op, jinja_type_name(a), jinja_type_name(b));
}

_Noreturn static void operators_overflow(jinja *j, const char *op)
{
    jinja_fail(j, INK_E_LIMIT, "the result of %s does not fit 64 bits", op);
}

static jinja_value operators_joined(jinja *j, jinja_value a, jinja_value b)
{
    jinja_list *list = jinja_list_new(j, a.list->count + b.list->count);
    for (size_t i = 0; i < a.list->count; i++)
        jinja_list_add(j, list, a.list->at[i]);
    for (size_t i = 0; i < b.list->count; i++)
        jinja_list_add(j, list, b.list->at[i]);
    return jinja_of_list(a.type, list);
}

static jinja_value operators_add(jinja *j, jinja_value a, jinja_value b, const jinja_operator *op)
{
    int64_t sum;
    if (a.type == JINJA_TEXT && b.type == JINJA_TEXT) {
        jinja_step(j, (a.size + b.size) / 32);
        char *text = jinja_alloc(j, a.size + b.size + 1);
        memcpy(text, a.text, a.size);
        memcpy(text + a.size, b.text, b.size);
        return jinja_view(text, a.size + b.size);
    }
    if (a.type == b.type && (a.type == JINJA_LIST || a.type == JINJA_TUPLE))
        return operators_joined(j, a, b);
    if (!jinja_is_number(a) || !jinja_is_number(b))
        operators_refuse(j, a, b, op->name);
    if (!operators_integers(a, b))
        return jinja_real(jinja_to_real(a) + jinja_to_real(b));
    if (__builtin_add_overflow(operators_int(a), operators_int(b), &sum))
        operators_overflow(j, op->name);
    return jinja_int(sum);
}

static jinja_value operators_subtract(jinja *j, jinja_value a, jinja_value b, const jinja_operator *op)
{
    int64_t difference;
    if (!jinja_is_number(a) || !jinja_is_number(b))
        operators_refuse(j, a, b, op->name);
    if (!operators_integers(a, b))
        return jinja_real(jinja_to_real(a) - jinja_to_real(b));
    if (__builtin_sub_overflow(operators_int(a), operators_int(b), &difference))
        operators_overflow(j, op->name);
    return jinja_int(difference);
}

static jinja_value operators_repeat(jinja *j, jinja_value v, int64_t times)
{
    size_t n = times < 0 ? 0 : (size_t)times;
    size_t each = v.type == JINJA_TEXT ? v.size : v.list->count;
    if (n && each > ((size_t)1 << 32) / n)
        jinja_fail(j, INK_E_LIMIT, "repeating %zu times is more than a template may do", n);
    jinja_build b = { .j = j };
    jinja_list *list = v.type == JINJA_TEXT ? NULL : jinja_list_new(j, n * each);
    if (!list && each) /* one allocation, so the size is checked before any work */
        b = (jinja_build){ .j = j, .data = jinja_array(j, n, each), .room = n * each };
    for (size_t i = 0; each && i < n; i++) {
        if (!list)
            jinja_add(&b, v.text, v.size);
        for (size_t k = 0; list && k < each; k++)
            jinja_list_add(j, list, v.list->at[k]);
    }
    return list ? jinja_of_list(v.type, list) : jinja_built(&b);
}

static jinja_value operators_multiply(jinja *j, jinja_value a, jinja_value b, const jinja_operator *op)
{
    int64_t product;
    bool repeats = a.type == JINJA_TEXT || a.type == JINJA_LIST || a.type == JINJA_TUPLE;
    if (repeats && (b.type == JINJA_INT || b.type == JINJA_BOOL))
        return operators_repeat(j, a, operators_int(b));
    if ((b.type == JINJA_TEXT || b.type == JINJA_LIST || b.type == JINJA_TUPLE) && (a.type == JINJA_INT || a.type == JINJA_BOOL))
        return operators_repeat(j, b, operators_int(a));
    if (!jinja_is_number(a) || !jinja_is_number(b))
        operators_refuse(j, a, b, op->name);
    if (!operators_integers(a, b))
        return jinja_real(jinja_to_real(a) * jinja_to_real(b));
    if (__builtin_mul_overflow(operators_int(a), operators_int(b), &product))
        operators_overflow(j, op->name);
    return jinja_int(product);
}

static void operators_want_divisor(jinja *j, jinja_value a, jinja_value b, const jinja_operator *op)
{
    if (!jinja_is_number(a) || !jinja_is_number(b))
        operators_refuse(j, a, b, op->name);
    if (!jinja_truth(j, b))
        jinja_fail(j, INK_E_FORMAT, "%s divides by zero", op->name);
}

static jinja_value operators_divide(jinja *j, jinja_value a, jinja_value b, const jinja_operator *op)
{
    operators_want_divisor(j, a, b, op);
    return jinja_real(jinja_to_real(a) / jinja_to_real(b));
}

/* Python's float modulo has the sign of the divisor, and the quotient is rounded so that both agree. */
static double operators_float_mod(double a, double b, double *quotient)
{
    double mod = fmod(a, b), div = (a - mod) / b;
    bool zero = !(mod < 0) && !(mod > 0) && !isnan(mod);
    if (!zero && (b < 0) != (mod < 0)) {
        mod += b;
        div -= 1;
    } else if (zero)
        mod = copysign(0, b);
    double whole = floor(div);
    if (div - whole > 0.5)
        whole += 1;
    *quotient = div < 0 || div > 0 || isnan(div) ? whole : copysign(0, a / b);
    return mod;
}

static jinja_value operators_floor(jinja *j, jinja_value a, jinja_value b, const jinja_operator *op)
{
    operators_want_divisor(j, a, b, op);
    if (!operators_integers(a, b)) {
        double quotient;
        operators_float_mod(jinja_to_real(a), jinja_to_real(b), &quotient);
        return jinja_real(quotient);
    }
    int64_t x = operators_int(a), y = operators_int(b);
    if (x == INT64_MIN && y == -1)
        operators_overflow(j, op->name);
    return jinja_int(x / y - (x % y != 0 && (x < 0) != (y < 0)));
}

static jinja_value operators_mod(jinja *j, jinja_value a, jinja_value b, const jinja_operator *op)
{
    if (a.type == JINJA_TEXT)
        return jinja_percent(j, a, b);
    operators_want_divisor(j, a, b, op);
    if (!operators_integers(a, b)) {
        double quotient;
        return jinja_real(operators_float_mod(jinja_to_real(a), jinja_to_real(b), &quotient));
    }
    int64_t x = operators_int(a), y = operators_int(b);
    int64_t rest = y == -1 ? 0 : x % y;
    return jinja_int(rest && (rest < 0) != (y < 0) ? rest + y : rest);
}

static jinja_value operators_power(jinja *j, jinja_value a, jinja_value b, const jinja_operator *op)
{
    if (!jinja_is_number(a) || !jinja_is_number(b))
        operators_refuse(j, a, b, op->name);
    if (!operators_integers(a, b) || operators_int(b) < 0) {
        double x = jinja_to_real(a), y = jinja_to_real(b);
        if (y < 0 && !jinja_truth(j, a))
            jinja_fail(j, INK_E_FORMAT, "** divides by zero");
        if (x < 0 && !isinf(x) && y != floor(y))
            jinja_fail(j, INK_E_FORMAT, "** of a negative number and a fraction is complex");
        double power = pow(x, y);
        if (isinf(power) && !isinf(x) && !isinf(y))
            jinja_fail(j, INK_E_LIMIT, "the result of ** is too large");
        return jinja_real(power);
    }
    int64_t power = 1, base = operators_int(a), n = operators_int(b);
    for (; n; n >>= 1) {
        if ((n & 1) && __builtin_mul_overflow(power, base, &power))
            operators_overflow(j, op->name);
        if (n > 1 && __builtin_mul_overflow(base, base, &base))
            operators_overflow(j, op->name);
    }
    return jinja_int(power);
}

const jinja_operator *jinja_operator_find(const char *name, size_t n)
{
    static const jinja_operator table[] = {
        { "+", operators_add }, { "-", operators_subtract }, { "*", operators_multiply }, { "/", operators_divide },
        { "//", operators_floor }, { "%", operators_mod }, { "**", operators_power },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strlen(table[i].name) == n && !memcmp(table[i].name, name, n))
            return &table[i];
    return NULL;
}

jinja_value jinja_sum(jinja *j, jinja_value a, jinja_value b)
{
    static const jinja_operator plus = { "+", operators_add };
    return operators_add(j, a, b, &plus);
}

static void operators_want_number(jinja *j, jinja_value v, const char *op)
{
    if (v.type == JINJA_UNDEFINED)
        jinja_fail(j, INK_E_FORMAT, "%s", v.text);
    if (!jinja_is_number(v))
        jinja_fail(j, INK_E_FORMAT, "%s takes a number, not a value of type %s", op, jinja_type_name(v));
}

jinja_value jinja_negate(jinja *j, jinja_value v)
{
    operators_want_number(j, v, "-");
    if (v.type == JINJA_FLOAT)
        return jinja_real(-v.real);
    if (operators_int(v) == INT64_MIN)
        operators_overflow(j, "-");
    return jinja_int(-operators_int(v));
}

jinja_value jinja_plus(jinja *j, jinja_value v)
{
    operators_want_number(j, v, "+");
    return v.type == JINJA_FLOAT ? v : jinja_int(operators_int(v));
}

int64_t jinja_from_real(jinja *j, double v)
{
    if (!(v > -9223372036854775809.0 && v < 9223372036854775808.0))
        jinja_fail(j, INK_E_LIMIT, "a number does not fit an integer of 64 bits");
    return (int64_t)v;
}
