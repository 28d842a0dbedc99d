namespace Skiff.Agent.Cli;

/// <summary>How an option takes its value.</summary>
internal enum OptionKind
{
    /// <summary>No value; <c>--flag=false</c> takes it back.</summary>
    Flag,

    /// <summary>One value; the last one counts.</summary>
    Value,

    /// <summary>Any number of values.</summary>
    List,
}

/// <summary>One option of a verb, as data: parsing and help come from the same row.</summary>
/// <param name="Name">Long name without dashes.</param>
/// <param name="Short">One letter, or <c>'\0'</c>.</param>
/// <param name="Kind">How it takes its value.</param>
/// <param name="ValueName">The word for the value in help: string, list, bytes, duration ...</param>
/// <param name="Help">One line.</param>
internal sealed record Option(string Name, char Short, OptionKind Kind, string ValueName, string Help)
{
    /// <summary>As error messages name it: <c>-t, --tty</c>, or <c>--rm</c> without a letter.</summary>
    public string Spelling => Short == '\0' ? $"--{Name}" : $"-{Short}, --{Name}";

    /// <summary>A flag.</summary>
    public static Option Flag(string name, string help, char letter = '\0') =>
        new(name, letter, OptionKind.Flag, "", help);

    /// <summary>An option with one value.</summary>
    public static Option Value(string name, string valueName, string help, char letter = '\0') =>
        new(name, letter, OptionKind.Value, valueName, help);

    /// <summary>An option with any number of values.</summary>
    public static Option List(string name, string valueName, string help, char letter = '\0') =>
        new(name, letter, OptionKind.List, valueName, help);
}
