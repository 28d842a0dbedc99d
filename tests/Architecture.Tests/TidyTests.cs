using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Skiff.Architecture.Tests;

/// <summary>What compilers do not lint: documents that tell the truth, names, stray characters.</summary>
public partial class TidyTests
{
    private static readonly string[] s_textExtensions =
        [".cs", ".csproj", ".props", ".sh", ".md", ".yml", ".json", ".c", ".h", ".S", ""];

    private static readonly string[] s_documents = ["README.md", "HACKING.md", "ARCHITECTURE.md"];

    /// <summary>Folders of somebody's machine; /tmp and /var are fine, they are part of the behaviour.</summary>
    private static readonly string[] s_machinePaths = ["/home/", "/wo" + "rk/", "/Users/", "/tmp/" + "hub"];

    [Fact]
    public void Text_has_no_trailing_whitespace_and_no_tabs_in_code() =>
        Finding.AssertNone(TextFiles().SelectMany(path => StrayCharacters(path, Repository.Read(path))));

    [Fact]
    public void Text_names_no_machine_of_its_authors() =>
        Finding.AssertNone(TextFiles().Where(path => !path.EndsWith("TidyTests.cs")).SelectMany(path =>
            Lines(Repository.Read(path)).SelectMany(line => s_machinePaths
                .Where(folder => line.Text.Contains(folder, StringComparison.Ordinal))
                .Select(folder => new Finding(path, line.Number, $"a path below {folder}")))));

    [Fact]
    public void Text_has_no_leftover_marks() =>
        Finding.AssertNone(TextFiles().Where(path => !path.EndsWith("TidyTests.cs")).SelectMany(path =>
            Lines(Repository.Read(path)).Where(line => LeftoverMark().IsMatch(line.Text))
                .Select(line => new Finding(path, line.Number,
                    "finish it or open an issue: TO" + "DO, FIX" + "ME, XXX"))));

    [Theory]
    [MemberData(nameof(Documents))]
    public void Commands_in_documents_exist(string document)
    {
        var targets = MakeTarget().Matches(Repository.Read("Makefile"))
            .Select(match => match.Groups[1].Value).ToHashSet();
        Finding.AssertNone(Lines(Repository.Read(document)).SelectMany(line => MakeCommand().Matches(line.Text)
            .Where(match => !targets.Contains(match.Groups[1].Value))
            .Select(match => new Finding(document, line.Number,
                $"the Makefile has no target {match.Groups[1].Value}"))));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_and_paths_in_documents_exist(string document)
    {
        Finding.AssertNone(Lines(Repository.Read(document)).SelectMany(line => TreePath().Matches(line.Text)
            .Select(match => match.Groups[1].Value.TrimEnd('/', '.', ','))
            .Where(path => !path.Contains('*') && !Exists(path))
            .Select(path => new Finding(document, line.Number, $"{path} does not exist"))));
    }

    [Fact]
    public void Names_that_the_architecture_gives_are_in_the_code()
    {
        var declared = Sources.Projects.Keys.SelectMany(Sources.Trees)
            .SelectMany(one => one.Tree.GetRoot().DescendantNodes()).SelectMany(DeclaredNames).ToHashSet();
        var given = Lines(Repository.Read("ARCHITECTURE.md")).SelectMany(line => CodeSpan().Matches(line.Text)
            .Where(span => !span.Value.StartsWith("`tests/", StringComparison.Ordinal))
            .SelectMany(span => PascalName().Matches(span.Value)).Select(name => (name.Value, line.Number))).ToList();
        Assert.NotEmpty(given);
        Finding.AssertNone(given.Where(name => !declared.Contains(name.Value))
            .Select(name => new Finding("ARCHITECTURE.md", name.Number, $"nothing is called {name.Value}")));
    }

    [Fact]
    public void Make_help_fits_on_a_screen() =>
        Assert.InRange(Regex.Count(Repository.Read("Makefile"), @"(?m)^[a-z0-9-]+:.*## "), 1, 18);

    [Fact]
    public void Decisions_are_numbered_without_a_gap()
    {
        var names = Repository.Files("docs/decisions", ".md").Select(path => Path.GetFileName(path)).ToList();
        Assert.All(names, name => Assert.Matches("^[0-9]{3}-[a-z0-9-]+\\.md$", name));
        Assert.Equal(Enumerable.Range(1, names.Count), names.Select(name => int.Parse(name[..3])));
    }

    [Fact]
    public void Test_names_are_sentences() =>
        Finding.AssertNone(Repository.Files("tests", ".cs").SelectMany(path =>
            Sources.Parse(Repository.Read(path), path).GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>()
                .Where(IsTest).Where(method => !Sentence().IsMatch(method.Identifier.Text))
                .Select(method => new Finding(path, Sources.Line(method),
                    $"{method.Identifier.Text} is not a sentence (Opaque_whiteout_hides_lower_directory)"))));

    [Fact]
    public void Scripts_are_executable_and_have_an_interpreter()
    {
        const UnixFileMode Execute = UnixFileMode.UserExecute;
        Finding.AssertNone(Repository.Files("scripts", "").Append(".ci/run")
            .Where(path => !Repository.Read(path).StartsWith("#!/", StringComparison.Ordinal)
                || (File.GetUnixFileMode(Path.Combine(Repository.Root, path)) & Execute) == 0)
            .Select(path => new Finding(path, 1, "needs an interpreter line and mode 755")));
    }

    public static TheoryData<string> Documents() => new(s_documents.Where(Repository.Has));

    private static IEnumerable<string> TextFiles() =>
        Repository.Files("", s_textExtensions).Where(path => Path.GetFileName(path) != "LICENSE");

    private static IEnumerable<(string Text, int Number)> Lines(string text) =>
        text.Split('\n').Select((line, index) => (line, index + 1));

    private static IEnumerable<Finding> StrayCharacters(string path, string text)
    {
        foreach (var (line, number) in Lines(text))
        {
            if (line.Length > 0 && char.IsWhiteSpace(line[^1]))
                yield return new(path, number, "trailing whitespace");
            if (path.EndsWith(".cs", StringComparison.Ordinal) && line.Contains('\t'))
                yield return new(path, number, "a tab");
        }
        if (text.Length > 0 && !text.EndsWith('\n'))
            yield return new(path, 1, "no newline at the end of the file");
    }

    // A decision may be named by its number alone.
    private static bool Exists(string path) => Path.Exists(Path.Combine(Repository.Root, path))
        || (path.StartsWith("docs/decisions/", StringComparison.Ordinal)
            && Repository.Files("docs/decisions").Any(file => file.StartsWith(path + "-", StringComparison.Ordinal)));

    private static IEnumerable<string> DeclaredNames(SyntaxNode node) => node switch
    {
        BaseNamespaceDeclarationSyntax space => space.Name.ToString().Split('.'),
        BaseTypeDeclarationSyntax type => [type.Identifier.Text],
        MethodDeclarationSyntax method => [method.Identifier.Text],
        PropertyDeclarationSyntax property => [property.Identifier.Text],
        _ => [],
    };

    private static bool IsTest(MethodDeclarationSyntax method) => method.AttributeLists
        .SelectMany(list => list.Attributes)
        .Any(attribute => attribute.Name.ToString() is "Fact" or "Theory");

    [GeneratedRegex("^[A-Z0-9][A-Za-z0-9]*(_[A-Za-z0-9]+)+$")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"(?m)^([a-z0-9-]+):")]
    private static partial Regex MakeTarget();

    [GeneratedRegex(@"(?:^|[`\s])make ([a-z0-9-]+)(?=[`\s]|$)")]
    private static partial Regex MakeCommand();

    [GeneratedRegex(@"[`(]((?:src|tests|scripts|docs|bench|packaging)/[A-Za-z0-9_./*-]+)")]
    private static partial Regex TreePath();

    [GeneratedRegex("`[^`]+`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\b[A-Z][a-z]+(?:[A-Z][A-Za-z]*)?\b")]
    private static partial Regex PascalName();

    [GeneratedRegex(@"\b(TODO|FIXME|XXX)\b")]
    private static partial Regex LeftoverMark();
}
