using System.Globalization;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>What one invocation of a verb was given.</summary>
internal sealed class ParsedArguments
{
    private readonly Dictionary<string, List<string>> _values = [];

    /// <summary>Positional arguments in order.</summary>
    public List<string> Positional { get; } = [];

    /// <summary>True when <c>--help</c> was among the options: nothing else counts then.</summary>
    public bool HelpRequested { get; set; }

    /// <summary>Records a value; flags have <c>true</c> or <c>false</c>.</summary>
    public void Add(Option option, string value)
    {
        if (!_values.TryGetValue(option.Name, out List<string>? values)) _values[option.Name] = values = [];
        values.Add(value);
    }

    /// <summary>Whether the option was given at all.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A flag's last value.</summary>
    public bool Flag(string name, bool byDefault = false) =>
        _values.TryGetValue(name, out var values) ? values[^1] == "true" : byDefault;

    /// <summary>The last value, or null.</summary>
    public string? Value(string name) => _values.TryGetValue(name, out var values) ? values[^1] : null;

    /// <summary>All values.</summary>
    public IReadOnlyList<string> Values(string name) => _values.TryGetValue(name, out var values) ? values : [];

    /// <summary>The last value as a whole number, or null.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public long? Number(string name)
    {
        if (Value(name) is not { } text) return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new UsageException($"invalid argument \"{text}\" for \"--{name}\" flag: "
                + $"strconv.ParseInt: parsing \"{text}\": invalid syntax", 125);
    }
}
