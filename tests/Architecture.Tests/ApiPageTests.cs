using System.Text;
using System.Text.RegularExpressions;
using Skiff.Agent.Api;

namespace Skiff.Architecture.Tests;

/// <summary>
/// docs/api-operations.md tells the truth: each operation has its handler and a test, each parameter and each field of
/// a body is honoured and tested, refused and tested, or passed over with a reason. Rows and handlers come from
/// OperationTable, docker-api.txt and docker-bodies.txt: SKIFF_WRITE_TABLES=1 writes them anew, and keeps what people
/// have said of each.
/// </summary>
public partial class ApiPageTests
{
    private const string Page = "docs/api-operations.md", Folder = "tests/Architecture.Tests/";
    private const string OperationsHead = "| operation | parameter | what Skiff does | test |\n|---|---|---|---|\n";
    private const string FieldsHead = "| operation | field | what Skiff does | test |\n|---|---|---|---|\n";
    private const string WithOperation = "refused: with the operation";

    // Who reads a body, beside the handler and whom it names.
    private static readonly Dictionary<string, string[]> s_readers = new()
    {
        ["ContainerCreate"] = ["MountText", "EndpointText", "JsonBody"],
        ["ImageCommit"] = ["ContainerCreation"],
    };

    // Operations that do nothing but refuse, their parameters with them.
    private static readonly string[] s_refusals =
        ["BuildOperations.Refuse", "PluginOperations.Refuse", "PluginOperations.NotFound", "VolumeOperations.Update"];

    private static readonly List<string[]> s_operations = [.. Repository.Read(Folder + "docker-api.txt")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
        .Where(row => !SwarmPaths.IsOne(row[1]))];

    // Operation and field; of what is refused as a whole there are no parts.
    private static readonly List<string[]> s_fields = [.. Repository.Read(Folder + "docker-bodies.txt")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))];

    private static readonly List<Row> s_rows = [.. ReadPage()];

    [Fact]
    public void Tables_have_every_operation_parameter_and_field_and_no_other()
    {
        string page = Repository.Read(Page), expected = Replaced(
            Replaced(page, OperationsHead, OperationsTable()), FieldsHead, FieldsTable());
        if (Environment.GetEnvironmentVariable("SKIFF_WRITE_TABLES") is "1")
            File.WriteAllText(Path.Combine(Repository.Root, Page), page = expected);
        Assert.Equal(expected, page);
    }

    [Fact]
    public void Each_parameter_and_field_is_honoured_or_refused_or_passed_over_for_a_reason() => Finding.AssertNone(
        from row in s_rows
        where row.Item.Length > 0 && !Said().IsMatch(row.Does)
        select new Finding(Page, row.Line,
            $"{row}: build it, refuse it, or say why it is passed over: {row.Does}"));

    [Fact]
    public void Parameters_and_fields_that_are_honoured_or_refused_are_read() => Finding.AssertNone(
        from row in s_rows
        where row.Item.Length > 0 && row.IsRead && !SourcesOf(row).Any(text => Reads(text, row.Item))
        select new Finding(Page, row.Line, $"{row}: nobody reads it who answers it"));

    [Fact]
    public void What_goes_with_its_operation_has_one_that_is_refused() => Finding.AssertNone(
        from row in s_rows
        where row.Does == WithOperation && !s_refusals.Contains(HandlerOf(row.Operation))
        select new Finding(Page, row.Line, $"{row}: its operation is not refused"));

    [Fact]
    public void Each_test_that_is_named_is_there_and_asks_for_it() => Finding.AssertNone(
        from row in s_rows
        where row.Item.Length == 0 || row.IsRead
        from test in row.Tests.DefaultIfEmpty("")
        let problem = Problem(row, test)
        where problem is not null
        select new Finding(Page, row.Line, $"{row}: {problem}"));

    private static string? Problem(Row row, string test)
    {
        if (!TestSources.ByName.TryGetValue(test, out string? text)) return $"there is no test '{test}'";
        // Which most tests create by a word of their own.
        if (row.IsField && row.Operation == "ContainerCreate") return Mentions();
        string[] operation = s_operations.Find(one => one[2] == row.Operation)!;
        // Names of images may have slashes.
        string path = Regex.Escape(operation[1]).Replace(@"\{id}", """[^"?/\n]+""")
            .Replace(@"\{name}", """[^"?\n]+""");
        string method = $@"\b{operation[0]} |""{operation[0]}"""
            + (operation[0] == "GET" ? @"|Follow\(|OpenAsync" : "");
        if (!Regex.IsMatch(text, path + """(?=["? ]|\{query\})""") || !Regex.IsMatch(text, method))
            return $"{test} does not ask for {operation[0]} {operation[1]}";
        return row.IsField ? Mentions() : row.Item.Length == 0 || Asks(text, operation[0], path, row.Item) ? null
            : $"{test} does not mention the parameter";

        string? Mentions() => text.Contains($"\"{row.Item}\"") ? null : $"{test} does not mention the field";
    }

    // Behind the path, or elsewhere if something is put together with it.
    private static bool Asks(string text, string method, string path, string item) =>
        Regex.IsMatch(text, $@"{path}\?([^""\n]*&)?{item}=")
        || (Regex.IsMatch(text, $@"{path}\?[^""\n]*(\{{|""\s*\+)") && Regex.IsMatch(text, $@"[""&]{item}="))
        || (item == "filters" && Regex.IsMatch(text, $@"AskFiltered\(""{method}"",\s*\$?""{path}"""))
        || (item.StartsWith("X-", StringComparison.Ordinal) && text.Contains(item));

    // The handler's class, and the classes of the API that it names.
    private static IEnumerable<string> SourcesOf(Row row)
    {
        string source = Source(HandlerOf(row.Operation).Split('.')[0]);
        IEnumerable<string> named = Word().Matches(source).Select(match => match.Value);
        return named.Concat(row.IsField ? s_readers.GetValueOrDefault(row.Operation, []) : []).Distinct()
            .Select(Source).Append(source);
    }

    private static string Source(string type) =>
        Repository.Has($"src/Agent/Api/{type}.cs") ? Repository.Read($"src/Agent/Api/{type}.cs") : "";

    private static bool Reads(string text, string item) =>
        text.Contains($"\"{item}\"") || (item == "filters" && text.Contains("Filters.Read("))
        || (item.StartsWith("Attach", StringComparison.Ordinal) && text.Contains($"\"{item["Attach".Length..]}\""));

    private static string HandlerOf(string operation) =>
        OperationTable.Rows.First(row => row.Name == operation).Handle.Method is { } method
            ? $"{method.DeclaringType!.Name}.{method.Name}" : "";

    private static string OperationsTable()
    {
        var table = new StringBuilder();
        foreach (string[] operation in s_operations)
        {
            Append(operation[2], "", $"{operation[2]} `{operation[0]} {operation[1]}` | ", HandlerOf(operation[2]));
            foreach (string parameter in operation[3..])
                Append(operation[2], parameter, $" | `{parameter}`", s_refusals.Contains(HandlerOf(operation[2]))
                    ? WithOperation : "");
        }
        return table.ToString();

        void Append(string operation, string item, string cells, string does) =>
            table.Append($"| {cells} | {Cells(operation, item, does, isField: false)} |\n".Replace("  ", " "));
    }

    private static string FieldsTable() => string.Concat(s_fields.Select(field =>
        $"| {field[0]} | `{field[1]}` | {Cells(field[0], field[1], s_refusals.Contains(HandlerOf(field[0]))
            ? WithOperation : "", isField: true)} |\n".Replace("  ", " ")));

    private static string Cells(string operation, string item, string generated, bool isField)
    {
        Row? row = s_rows.Find(one => one.Operation == operation && one.Path == item && one.IsField == isField);
        return $"{(generated.Length > 0 ? generated : row?.Does)} | {string.Join(", ", row?.Tests ?? [])}";
    }

    private static string Replaced(string page, string head, string table)
    {
        int start = page.IndexOf(head, StringComparison.Ordinal) + head.Length;
        Assert.True(start >= head.Length, $"{Page} has the table {head}");
        int end = page.IndexOf("\n\n", start - 1, StringComparison.Ordinal);
        return page[..start] + table + (end < 0 ? "" : page[(end + 1)..]);
    }

    private static IEnumerable<Row> ReadPage()
    {
        string operation = "";
        int line = 0;
        foreach (string text in Repository.Read(Page).Split('\n'))
        {
            line++;
            string[] cells = [.. text.Trim('|').Split('|').Select(cell => cell.Trim())];
            if (!text.StartsWith("| ", StringComparison.Ordinal) || cells[0] is "operation") continue;
            if (cells[0].Length > 0) operation = cells[0].Split(' ')[0];
            yield return new Row(operation, cells[1].Trim('`'), cells[0].Length > 0 && cells[1].Length > 0, cells[2],
                cells[3].Split(", ", StringSplitOptions.RemoveEmptyEntries), line);
        }
    }

    [GeneratedRegex(@"^(same|same, .+|refused(, .+)?: .+|passed over: .+)$")]
    private static partial Regex Said();

    [GeneratedRegex(@"\b[A-Z][A-Za-z]+\b")]
    private static partial Regex Word();

    /// <param name="Operation">Of a parameter or field, or the row's own.</param>
    /// <param name="Path">The parameter or field; empty for an operation.</param>
    /// <param name="IsField">Of a body.</param>
    /// <param name="Does">What is done.</param>
    /// <param name="Tests">By what that is tested.</param>
    /// <param name="Line">Where it stands.</param>
    private sealed record Row(string Operation, string Path, bool IsField, string Does, string[] Tests, int Line)
    {
        /// <summary>The last part of a field.</summary>
        public string Item => Path[(Path.LastIndexOf('.') + 1)..];

        public bool IsRead => Does != WithOperation && !Does.StartsWith("passed over", StringComparison.Ordinal);

        public override string ToString() => $"{Operation} {Path}".Trim();
    }
}
