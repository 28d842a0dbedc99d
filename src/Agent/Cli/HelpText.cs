using System.Text;

namespace Skiff.Agent.Cli;

/// <summary>Help, from the same tables that parsing uses, laid out as docker's.</summary>
internal static class HelpText
{
    /// <summary>Help of one verb.</summary>
    public static string ForVerb(Verb verb)
    {
        var text = new StringBuilder();
        text.Append($"Usage:  skiff {verb.Name} {verb.Usage}".TrimEnd());
        text.Append("\n\n").Append(verb.Summary).Append('\n');
        AppendOptions(text, "Options", verb.Options);
        return text.ToString();
    }

    /// <summary>Help of the program.</summary>
    public static string ForProgram(VerbRow[] rows)
    {
        var text = new StringBuilder("Usage:  skiff [OPTIONS] COMMAND\n\nA container engine without a daemon\n");
        AppendVerbs(text, "Common Commands", List(rows, VerbGroup.Common));
        var groups = VerbTable.Management.Where(group => VerbTable.Members(group.Name, rows).Count > 0);
        AppendVerbs(text, "Management Commands", [.. groups]);
        AppendVerbs(text, "Commands", List(rows, VerbGroup.Other));
        AppendOptions(text, "Global Options", GlobalOptions.Table);
        return text.Append("\nRun 'skiff COMMAND --help' for more information on a command.\n").ToString();
    }

    /// <summary>Help of a management word: the verbs that may follow it.</summary>
    public static string ForGroup(string group, VerbRow[] rows)
    {
        var text = new StringBuilder($"Usage:  skiff {group} COMMAND\n\n");
        text.Append(VerbTable.Management.First(row => row.Name == group).Summary).Append('\n');
        AppendVerbs(text, "Commands", [.. VerbTable.Members(group, rows)
            .Select(member => (member.Word, member.Verb.Create().Summary))]);
        return text.Append($"\nRun 'skiff {group} COMMAND --help' for more information on a command.\n").ToString();
    }

    private static List<(string Name, string Summary)> List(VerbRow[] rows, VerbGroup group) =>
        [.. rows.Where(row => row.Group == group).Select(row => (row.Name, row.Create().Summary))];

    private static void AppendVerbs(StringBuilder text, string heading, List<(string Name, string Summary)> verbs)
    {
        if (verbs.Count == 0) return;
        text.Append('\n').Append(heading).Append(":\n");
        int width = Math.Max(9, verbs.Max(verb => verb.Name.Length));
        foreach ((string name, string summary) in verbs)
            text.Append("  ").Append(name.PadRight(width)).Append("   ").Append(summary).Append('\n');
    }

    private static void AppendOptions(StringBuilder text, string heading, Option[] options)
    {
        if (options.Length == 0) return;
        text.Append('\n').Append(heading).Append(":\n");
        int width = options.Max(option => Left(option).Length);
        foreach (Option option in options.OrderBy(option => option.Name, StringComparer.Ordinal))
            text.Append(Left(option).PadRight(width)).Append("   ").Append(option.Help).Append('\n');
    }

    private static string Left(Option option)
    {
        string letter = option.Short == '\0' ? "      " : $"  -{option.Short}, ";
        return $"{letter}--{option.Name} {option.ValueName}".TrimEnd();
    }
}
