using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Skiff.Architecture.Tests;

/// <summary>Which namespace inside Agent may know which: requests go down, nobody looks up or sideways.</summary>
public class RoomTests
{
    private const string Prefix = "Skiff.Agent";

    /// <summary>The table of allowed arrows. "" is the program's entry point.</summary>
    private static readonly Dictionary<string, string[]> s_arrows = new()
    {
        [""] = ["Cli", "Api"],
        ["Cli"] = ["Cdi", "Events", "Rootless", "Manager", "Images", "Networks", "Volumes", "Containers", "Monitor",
            "Oci"],
        // It speaks Docker's words, as the command line does, and so knows its options, filters and documents.
        ["Api"] = ["Cli", "Events", "Manager", "Images", "Networks", "Volumes", "Containers", "Monitor"],
        ["Manager"] = ["Events", "Rootless", "Images", "Networks", "Volumes", "Containers", "Monitor", "Build"],
        ["Monitor"] = ["Dhcp", "Dns", "Events", "Rootless", "Containers", "Networks", "Volumes"],
        ["Build"] = ["Images"],
        ["Images"] = [],
        // A container's resolver; networks tell it names through its door, and it knows nobody.
        ["Dns"] = [],
        // Leases of addresses; it knows nobody either.
        ["Dhcp"] = [],
        ["Networks"] = ["Dhcp", "Dns"],
        ["Volumes"] = ["Events", "RuntimeSpec"],
        ["Events"] = [],
        // A start brings the modules together inside the monitor, without a manager in between.
        ["Containers"] = ["Cdi", "Dhcp", "Dns", "Events", "Networks", "RuntimeSpec", "Volumes", "Rootless"],
        ["Rootless"] = ["Networks"],
        // The OCI runtime stands beside the engine: it shares how roots, users and copies work, and none of its state.
        ["Oci"] = ["Containers", "RuntimeSpec", "Volumes"],
        // What engine and OCI runtime have in common of that specification, and devices described in its words.
        ["RuntimeSpec"] = [],
        ["Cdi"] = ["RuntimeSpec"],
    };

    /// <summary>
    /// Words that every room speaks: where state lives, the error that is meant for the user, sizes and durations
    /// as users write them, removing a tree, writing and reading a record, reading a document, the loop that everything
    /// in a monitor lives in.
    /// </summary>
    private static readonly string[] s_vocabulary =
    [
        "Skiff.Agent.Manager.StateRoots", "Skiff.Agent.Manager.UsageException", "Skiff.Agent.Manager.ByteSize",
        "Skiff.Agent.Manager.GoDuration", "Skiff.Agent.Manager.Trees", "Skiff.Agent.Manager.JsonText",
        "Skiff.Agent.Manager.ProcessText", "Skiff.Agent.Manager.JsonFields", "Skiff.Agent.Manager.YamlNode",
        "Skiff.Agent.Monitor.EventLoop", "Skiff.Agent.Monitor.LoopTimer",
    ];

    [Fact]
    public void Every_namespace_of_Agent_has_its_row()
    {
        Finding.AssertNone(Sources.Trees("Agent").SelectMany(source => source.Tree.GetRoot().DescendantNodes()
            .OfType<BaseNamespaceDeclarationSyntax>()
            .Where(node => RoomOf(node.Name.ToString()) is not { } room || !s_arrows.ContainsKey(room))
            .Select(node => new Finding(source.Tree.FilePath, Sources.Line(node),
                $"namespace {node.Name} has no row in RoomTests' table"))));
    }

    [Fact]
    public void Namespaces_of_Agent_follow_their_folders()
    {
        Finding.AssertNone(Sources.Trees("Agent").SelectMany(source => source.Tree.GetRoot().DescendantNodes()
            .OfType<BaseNamespaceDeclarationSyntax>()
            .Where(node => node.Name.ToString() != NamespaceOf(source.Tree.FilePath))
            .Select(node => new Finding(source.Tree.FilePath, Sources.Line(node),
                $"namespace {node.Name} in the folder of {NamespaceOf(source.Tree.FilePath)}"))));
    }

    [Fact]
    public void Agent_uses_only_the_arrows_of_the_table()
    {
        Finding.AssertNone(Sources.Trees("Agent").SelectMany(source => Arrows(source.Tree, source.Model))
            .Where(arrow => !IsAllowed(arrow.From, arrow.To))
            .Select(arrow => new Finding(arrow.Path, arrow.Line,
                $"{Name(arrow.From)} may not know {Name(arrow.To)} (here {arrow.Symbol}); see RoomTests' table")));
    }

    [Fact]
    public void Agent_is_bound_well_enough_for_the_arrows_to_be_seen()
    {
        var seen = Sources.Trees("Agent").SelectMany(source => Arrows(source.Tree, source.Model))
            .Select(arrow => (arrow.From, arrow.To)).ToHashSet();
        Assert.Contains(("", "Cli"), seen);
        var unbound = Sources.Trees("Agent").Sum(source => source.Tree.GetRoot().DescendantNodes()
            .OfType<UsingDirectiveSyntax>()
            .Count(node => node.Name is { } name && source.Model.GetSymbolInfo(name).Symbol is null));
        Assert.Equal(0, unbound);
    }

    [Theory]
    [InlineData("namespace Skiff.Agent.Images; class A { Networks.B? f; }", "Images", "Networks")]
    [InlineData("using Skiff.Agent.Networks; namespace Skiff.Agent.Volumes; class A { B? f; }", "Volumes", "Networks")]
    [InlineData("namespace Skiff.Agent.Manager; class A { int f = Agent.Networks.B.Count; }", "Manager", "Networks")]
    public void An_arrow_is_found_however_it_is_written(string text, string from, string to)
    {
        var user = Sources.Parse(text, "user.cs");
        var used = Sources.Parse("namespace Skiff.Agent.Networks; class B { public static int Count; }", "used.cs");
        var model = Sources.Compile("sample", [user, used]).GetSemanticModel(user);
        Assert.Contains(Arrows(user, model), arrow => arrow.From == from && arrow.To == to);
    }

    private static bool IsAllowed(string from, string to) =>
        from == to || (s_arrows.TryGetValue(from, out var allowed) && allowed.Contains(to));

    private static IEnumerable<(string From, string To, string Symbol, string Path, int Line)> Arrows(
        SyntaxTree tree, SemanticModel model)
    {
        foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            if (symbol is not (INamedTypeSymbol or IMethodSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol)
                || s_vocabulary.Contains(TypeOf(symbol)))
                continue;
            var to = RoomOf(symbol.ContainingNamespace?.ToDisplayString() ?? "");
            var from = RoomOf(model.GetEnclosingSymbol(name.SpanStart)?.ContainingNamespaceOrSelf() ?? "") ?? "";
            if (to is not null && to != from)
                yield return (from, to, symbol.ToDisplayString(), tree.FilePath, Sources.Line(name));
        }
    }

    private static string TypeOf(ISymbol symbol) =>
        (symbol as ITypeSymbol ?? symbol.ContainingType)?.ToDisplayString() ?? "";

    private static string? RoomOf(string space)
    {
        if (space == Prefix || space is "" or "<global namespace>")
            return "";
        return space.StartsWith(Prefix + ".", StringComparison.Ordinal) ? space.Split('.')[2] : null;
    }

    private static string Name(string room) => room.Length == 0 ? "the program's entry point" : room;

    private static string NamespaceOf(string path) =>
        "Skiff" + Path.GetDirectoryName(path)!["src".Length..].Replace('/', '.');
}

file static class SymbolExtensions
{
    public static string ContainingNamespaceOrSelf(this ISymbol symbol) =>
        (symbol as INamespaceSymbol ?? symbol.ContainingNamespace).ToDisplayString();
}
