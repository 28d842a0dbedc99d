using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Skiff.Architecture.Tests;

/// <summary>What the shipped assemblies may not call, and why.</summary>
public class BannedApiTests
{
    /// <summary>The table: a type or member, the folders where it is banned, the folders excepted, the
    /// reason.</summary>
    private static readonly Row[] s_banned =
    [
        new("System.Diagnostics.Process", ["src/"], [], "children are owned through pidfd and waitid"),
        new("System.Threading.Thread.Sleep", ["src/"], [], "wait for the event itself: poll, timerfd, waitid"),
        new("System.Text.RegularExpressions", ["src/"], [], "start-up cost; parse by hand"),
        new("System.Net.HttpVersion", ["src/"], [], "all but HTTP/1.1 is left out: src/Agent/Unreached.xml"),
        new("System.Reflection.Emit", ["src/"], [], "not for NativeAOT"),
        new("System.Activator", ["src/"], [], "reflection"),
        .. Rows(["System.IO.File", "System.IO.Directory", "System.IO.FileStream"],
            ["src/Layers/", "src/Agent/Images/", "src/Agent/Containers/", "src/Agent/Monitor/"], [],
            "a hot room: files go through Interop's Fd-based calls"),
    ];

    /// <summary>JsonSerializer's methods that find their way by reflection have no JsonTypeInfo or context
    /// argument.</summary>
    private static readonly string[] s_jsonGuides =
        [
            "System.Text.Json.Serialization.Metadata.JsonTypeInfo",
            "System.Text.Json.Serialization.JsonSerializerContext",
        ];

    [Theory]
    [InlineData("Interop")]
    [InlineData("Layers")]
    [InlineData("Agent")]
    public void Shipped_code_calls_nothing_banned(string project) =>
        Finding.AssertNone(Sources.Trees(project).SelectMany(source => Find(source.Tree, source.Model)));

    [Theory]
    [InlineData("class A { void M() => System.Diagnostics.Process.Start(\"x\"); }")]
    [InlineData("class A { void M() => Thread.Sleep(1); }")]
    [InlineData("class A { string M() => File.ReadAllText(\"x\"); }")]
    [InlineData("class A { string M() => System.Text.Json.JsonSerializer.Serialize(1); }")]
    [InlineData("class A { object M() => new System.Text.RegularExpressions.Regex(\"x\"); }")]
    [InlineData("class A { object M() => System.Net.HttpVersion.Version20; }")]
    public void A_banned_call_is_found(string text)
    {
        var tree = Sources.Parse(text, "src/Layers/Sample.cs");
        Assert.NotEmpty(Find(tree, Sources.Compile("sample", [tree]).GetSemanticModel(tree)));
    }

    [Fact]
    public void A_generated_serializer_is_not_banned()
    {
        var tree = Sources.Parse(
            """
            using System.Text.Json;
            using System.Text.Json.Serialization.Metadata;
            class A { string M(JsonTypeInfo<int> info) => JsonSerializer.Serialize(1, info); }
            """,
            "src/Layers/Sample.cs");
        Assert.Empty(Find(tree, Sources.Compile("sample", [tree]).GetSemanticModel(tree)));
    }

    private static IEnumerable<Finding> Find(SyntaxTree tree, SemanticModel model)
    {
        foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            // Of File.Exists the member is reported, not the type as well.
            if (symbol is not (IMethodSymbol or IPropertySymbol or IFieldSymbol or INamedTypeSymbol)
                || (symbol is INamedTypeSymbol && name.Parent is MemberAccessExpressionSyntax))
                continue;
            var full = FullName(symbol);
            foreach (var row in s_banned)
            {
                if (row.Covers(full, tree.FilePath))
                    yield return new(tree.FilePath, Sources.Line(name), $"{full} is banned here: {row.Why}");
            }
            if (symbol is IMethodSymbol method && IsReflectionJson(method, full))
                yield return new(tree.FilePath, Sources.Line(name),
                    $"{full} without a JsonTypeInfo: reflection JSON is banned");
        }
    }

    private static bool IsReflectionJson(IMethodSymbol method, string full) =>
        full.StartsWith("System.Text.Json.JsonSerializer.", StringComparison.Ordinal)
        && !method.Parameters.Any(parameter => IsJsonGuide(parameter.Type.OriginalDefinition.ToDisplayString()));

    private static bool IsJsonGuide(string type) =>
        s_jsonGuides.Any(guide => type.StartsWith(guide, StringComparison.Ordinal));

    private static string FullName(ISymbol symbol)
    {
        var container = symbol.ContainingType?.OriginalDefinition.ToDisplayString()
            ?? symbol.ContainingNamespace?.ToDisplayString();
        return container is null ? symbol.Name : $"{container}.{symbol.Name}";
    }

    private static IEnumerable<Row> Rows(string[] apis, string[] folders, string[] except, string why) =>
        apis.Select(api => new Row(api, folders, except, why));

    private sealed record Row(string Api, string[] Folders, string[] Except, string Why)
    {
        public bool Covers(string name, string path) =>
            (name == Api || name.StartsWith(Api + ".", StringComparison.Ordinal))
            && Folders.Any(folder => path.StartsWith(folder, StringComparison.Ordinal))
            && !Except.Any(folder => path.StartsWith(folder, StringComparison.Ordinal));
    }
}
