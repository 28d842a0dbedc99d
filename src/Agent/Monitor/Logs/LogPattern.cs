using System.Globalization;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// A regular expression for names of labels and variables, in the part of Go's syntax (RE2) that such names need:
/// characters, <c>.</c>, classes, groups, alternatives, repetitions, <c>^</c> and <c>$</c>. It matches in a time that
/// grows with pattern times name; the library's costs a megabyte of binary.
/// </summary>
internal sealed class LogPattern
{
    private const int MostSteps = 10_000, MostRepeats = 1000;

    private readonly List<Step> _steps;
    private readonly string _pattern;
    private int _at;

    /// <summary>Compiles.</summary>
    /// <exception cref="FormatException">In Go's words, or what is not supported.</exception>
    public LogPattern(string pattern)
    {
        _pattern = pattern;
        _steps = Alternatives();
        if (_at < pattern.Length) throw Error($"unexpected ): `{pattern}`");
        _steps.Add(new Step(Kind.Match));
    }

    private enum Kind { One, Fork, Jump, Begin, End, Match }

    /// <summary>Whether it matches some part of the name.</summary>
    public bool IsMatch(string name)
    {
        var now = new HashSet<int>();
        for (int at = 0; ; at++)
        {
            if (Add(now, 0, name, at)) return true;
            if (at == name.Length) return false;
            var next = new HashSet<int>();
            foreach (int step in now)
                if (_steps[step] is { Kind: Kind.One, Takes: { } takes } && takes(name[at])
                    && Add(next, step + 1, name, at + 1)) return true;
            now = next;
        }
    }

    // Follows what takes no character; true at the end of the pattern.
    private bool Add(HashSet<int> steps, int step, string name, int at)
    {
        if (!steps.Add(step)) return false;
        Step s = _steps[step];
        return s.Kind switch
        {
            Kind.Match => true,
            Kind.Jump => Add(steps, step + s.Target, name, at),
            Kind.Fork => Add(steps, step + 1, name, at) || Add(steps, step + s.Target, name, at),
            Kind.Begin => at == 0 && Add(steps, step + 1, name, at),
            Kind.End => at == name.Length && Add(steps, step + 1, name, at),
            _ => false,
        };
    }

    // Targets are relative, so that pieces can be put together and repeated as they are.
    private List<Step> Alternatives()
    {
        List<Step> first = Sequence();
        if (_at == _pattern.Length || _pattern[_at] != '|') return first;
        _at++;
        List<Step> second = Alternatives();
        Step fork = new(Kind.Fork, first.Count + 2), jump = new(Kind.Jump, second.Count + 1);
        return Limited([fork, .. first, jump, .. second]);
    }

    private List<Step> Sequence()
    {
        List<Step> steps = [];
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            List<Step> atom = Atom();
            while (_at < _pattern.Length && _pattern[_at] is '*' or '+' or '?' or '{')
            {
                var (least, most) = Count();
                atom = Repeat(atom, least, most);
            }
            steps = Limited([.. steps, .. atom]);
        }
        return steps;
    }

    private List<Step> Atom()
    {
        char c = _pattern[_at++];
        return c switch
        {
            '(' => Group(),
            '[' => [new Step(Kind.One, Takes: Class())],
            '.' => [new Step(Kind.One, Takes: static x => x != '\n')],
            '^' => [new Step(Kind.Begin)],
            '$' => [new Step(Kind.End)],
            '\\' => [new Step(Kind.One, Takes: Escape())],
            '*' or '+' or '?' => throw Error($"missing argument to repetition operator: `{c}`"),
            _ => [new Step(Kind.One, Takes: x => x == c)],
        };
    }

    private List<Step> Group()
    {
        if (_pattern.AsSpan(_at).StartsWith("?:")) _at += 2;
        else if (_pattern.AsSpan(_at).StartsWith("?")) throw Error("flags and named groups are not supported");
        List<Step> steps = Alternatives();
        if (_at == _pattern.Length) throw Error($"missing closing ): `{_pattern}`");
        _at++;
        return steps;
    }

    // How often; -1 for any number of times.
    private (int Least, int Most) Count()
    {
        (int Least, int Most) count = _pattern[_at++] switch
        {
            '*' => (0, -1), '+' => (1, -1), '?' => (0, 1), _ => Braces(),
        };
        if (_at < _pattern.Length && _pattern[_at] == '?') _at++; // What is taken first makes no difference here.
        return count;
    }

    private (int Least, int Most) Braces()
    {
        int end = _pattern.IndexOf('}', _at);
        string[] bounds = end < 0 ? [] : _pattern[_at..end].Split(',');
        if (bounds.Length is 1 or 2 && Bound(bounds[0], out int least))
        {
            _at = end + 1;
            if (bounds.Length == 1) return (least, least);
            if (bounds[1].Length == 0) return (least, -1);
            if (Bound(bounds[1], out int most) && most >= least) return (least, most);
        }
        throw Error("invalid repeat count");
    }

    private static bool Bound(string text, out int bound) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bound) && bound <= MostRepeats;

    private static List<Step> Repeat(List<Step> atom, int least, int most)
    {
        List<Step> steps = [];
        for (int i = 0; i < least; i++) steps = Limited([.. steps, .. atom]);
        Step back = new(Kind.Jump, -atom.Count - 1);
        if (most < 0) return [.. steps, new Step(Kind.Fork, atom.Count + 2), .. atom, back];
        for (int i = least; i < most; i++) steps = Limited([.. steps, new Step(Kind.Fork, atom.Count + 1), .. atom]);
        return steps;
    }

    private static List<Step> Limited(List<Step> steps) =>
        steps.Count <= MostSteps ? steps : throw Error("expression too large");

    private Func<char, bool> Class()
    {
        bool isNegative = _at < _pattern.Length && _pattern[_at] == '^';
        if (isNegative) _at++;
        var parts = new List<Func<char, bool>>();
        while (_at < _pattern.Length && (_pattern[_at] != ']' || parts.Count == 0))
        {
            char first = _pattern[_at++];
            if (first == '[' && _at < _pattern.Length && _pattern[_at] == ':')
                throw Error("[:classes:] are not supported");
            if (first == '\\') parts.Add(Escape());
            else if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            {
                char last = _pattern[_at + 1];
                if (last < first) throw Error($"invalid character class range: `{first}-{last}`");
                _at += 2;
                parts.Add(x => x >= first && x <= last);
            }
            else parts.Add(x => x == first);
        }
        if (_at == _pattern.Length) throw Error($"missing closing ]: `{_pattern}`");
        _at++;
        return x => parts.Exists(part => part(x)) != isNegative;
    }

    private Func<char, bool> Escape()
    {
        if (_at == _pattern.Length) throw Error("trailing backslash at end of expression: ``");
        char c = _pattern[_at++];
        return c switch
        {
            'd' => char.IsAsciiDigit,
            'D' => static x => !char.IsAsciiDigit(x),
            'w' => IsWord,
            'W' => static x => !IsWord(x),
            's' => IsSpace,
            'S' => static x => !IsSpace(x),
            't' => static x => x == '\t',
            _ when char.IsAsciiLetterOrDigit(c) => throw Error($"invalid escape sequence: `\\{c}`"),
            _ => x => x == c,
        };
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\n' or '\f' or '\r';

    private static FormatException Error(string problem) => new($"error parsing regexp: {problem}");

    private readonly record struct Step(Kind Kind, int Target = 0, Func<char, bool>? Takes = null);
}
