using System.Globalization;
using Skiff.Agent.Cli.Values;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>What one invocation of a verb was given.</summary>
internal sealed class ParsedArguments
{
    // A list, searched from end to end: a command line has a handful of options.
    private readonly List<(Option Option, string Value)> _given = [];

    /// <summary>Positional arguments in order.</summary>
    public List<string> Positional { get; } = [];

    /// <summary>True when <c>--help</c> was among the options: nothing else counts then.</summary>
    public bool HelpRequested { get; set; }

    /// <summary>Records a value; flags have <c>true</c> or <c>false</c>.</summary>
    public void Add(Option option, string value) => _given.Add((option, value));

    /// <summary>Whether the option was given at all.</summary>
    public bool Has(string name) => Value(name) is not null;

    /// <summary>A flag's last value.</summary>
    public bool Flag(string name, bool byDefault = false) => Value(name) is { } value ? value == "true" : byDefault;

    /// <summary>The last value, or null.</summary>
    public string? Value(string name) => Last(name)?.Value;

    /// <summary>All values.</summary>
    public IReadOnlyList<string> Values(string name)
    {
        List<string>? values = null;
        foreach ((Option option, string value) in _given)
            if (option.Name == name) (values ??= []).Add(value);
        return values ?? (IReadOnlyList<string>)[];
    }

    /// <summary>The last value as a whole number, or null.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public long? Number(string name)
    {
        if (Value(name) is not { } text) return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw Invalid(name, text, $"strconv.ParseInt: parsing \"{text}\": invalid syntax");
    }

    /// <summary>The last value as a number of 16 bits, or null.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public ushort? SmallNumber(string name)
    {
        if (Value(name) is not { } text) return null;
        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)) return number;
        bool isNumber = text.Length > 0 && text.AsSpan().ContainsAnyExceptInRange('0', '9') is false;
        throw Invalid(name, text,
            $"strconv.ParseUint: parsing \"{text}\": {(isNumber ? "value out of range" : "invalid syntax")}");
    }

    /// <summary>The last value as a number of bytes, such as <c>64m</c>; null when not given.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public long? Bytes(string name)
    {
        if (Value(name) is not { } text) return null;
        return ByteSize.TryParse(text, out long bytes, out string problem) ? bytes : throw Invalid(name, text, problem);
    }

    /// <summary>The last value as a duration, such as <c>1m30s</c>; null when not given.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public TimeSpan? Duration(string name)
    {
        if (Value(name) is not { } text) return null;
        return GoDuration.TryParse(text, out TimeSpan duration, out string problem)
            ? duration
            : throw Invalid(name, text, problem);
    }

    /// <summary>An option's value does not fit: docker's words, exit code 125.</summary>
    public UsageException Invalid(string name, string value, string problem) =>
        new($"invalid argument \"{value}\" for \"{Last(name)?.Option.Spelling ?? $"--{name}"}\" flag: {problem}", 125);

    private (Option Option, string Value)? Last(string name)
    {
        for (int i = _given.Count - 1; i >= 0; i--)
            if (_given[i].Option.Name == name) return _given[i];
        return null;
    }
}
