"""Claim: guessing ahead by looking up (`--lookup`) makes answers that quote or edit at least 1.3 times as fast, nothing slower than 0.97 times, and no
answer another one.

    make bench BENCH=speculate ARGS="[FILE.gguf]"

The peer is inkstone without it: the same prompts, in turns, the best of three rounds each. The model is small and does not follow
instructions well, so prompts show it once how quoting and editing go, and it goes on in kind."""
import sys

from peer import INK, SMOL, ink_json, need, table

LETTER = '''The committee met on Tuesday the fourth of March in the small hall beside the harbour office. Mrs Albright reported that the repairs of the northern mole had cost
eleven thousand four hundred crowns, of which nine thousand were paid. Mr Tennant asked whether the lamp had been seen to, and was told that it had. It was agreed to write to the
county about the dredging of the inner basin before the summer traffic begins, and to ask Captain Ferris for his opinion on the new moorings.'''
CODE = '''class Account:
    def __init__(self, owner, balance):
        self.owner = owner
        self.balance = balance

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.balance = self.balance + amount
        return self.balance

    def withdraw(self, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        if amount > self.balance:
            raise ValueError("not enough money")
        self.balance = self.balance - amount
        return self.balance
'''
ROWS = '\n'.join(f'{{"id": {i}, "name": "{n}", "city": "{c}", "paid": {p}}}' for i, (n, c, p) in enumerate([('Ada', 'London', 'true'), ('Emil', 'Zurich', 'false'), ('Mei', 'Chengdu', 'true'), ('Tove', 'Bergen', 'true')]))
PROMPTS = [
    ('quote a letter', True, f'The letter:\n{LETTER}\n\nThe letter again, word for word:\nThe committee met on'),
    ('quote code', True, f'# account.py\n{CODE}\n# a copy of account.py\nclass Account:\n'),
    ('edit code', True, f'# Before: balance\n{CODE}\n# After: balance is called total\n' + CODE.replace('balance', 'total')[:120]),
    ('edit rows', True, f'Rows:\n{ROWS}\nThe same rows, every name in capitals:\n{{"id": 0, "name": "ADA", "city": "London", "paid": true}}\n{{"id": 1, "name": "EMIL",'),
    ('a story', False, 'Once upon a time, in a village at the edge of a forest, there lived'),
    ('a question', False, 'Q: Why does the sea taste of salt?\nA:'),
    ('an essay', False, 'The history of the bicycle begins'),
    ('drawn prose', False, 'My grandmother always said that'),
]


def main():
    need(INK)
    model, rows, held = sys.argv[1] if len(sys.argv) > 1 else SMOL, [], True
    need(model)
    for name, quotes, prompt in PROMPTS:
        args = ('generate', '-m', model, '-p', prompt, '-n', 160, '-t', 2, '--ignore-eos', *(('--seed', 3) if name.startswith('drawn') else ('--temp', 0)))
        best, tokens, counts = {}, {}, {}
        for _ in range(3):
            for way in ((), ('--lookup',)):
                r = ink_json(*args, *way)
                best[way] = max(best.get(way, 0), r['timings']['predicted_per_second'])
                tokens[way], counts = r['tokens'], r
        ratio = best['--lookup',] / best[()]
        same = tokens['--lookup',] == tokens[()]
        held = held and same and ratio >= (1.3 if quotes else .97)
        rows.append([name, f'{best[()]:.0f}', f'{best["--lookup",]:.0f}', f'{ratio:.2f}', f'{counts["accepted"]} of {counts["guessed"]}', 'the same' if same else 'ANOTHER'])
    table(['tokens/s', 'plain', 'lookup', 'ratio', 'right', 'answer'], rows)
    print('holds' if held else 'does not hold')
    sys.exit(not held)


main()
