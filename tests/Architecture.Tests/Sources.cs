using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Skiff.Architecture.Tests;

/// <summary>
/// The sources under src/, parsed and bound by the compiler's own library, so that rules are about symbols and not
/// about
/// spellings. Source generators do not run: names that only they declare stay unbound and are nobody's arrow.
/// </summary>
internal static class Sources
{
    private const string GlobalUsings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly Lazy<Dictionary<string, CSharpCompilation>> s_projects = new(CompileAll);

    /// <summary>The three shipped assemblies by folder name: Interop, Layers, Agent.</summary>
    public static IReadOnlyDictionary<string, CSharpCompilation> Projects => s_projects.Value;

    /// <summary>The trees of one project with their semantic models; generated usings left out.</summary>
    public static IEnumerable<(SyntaxTree Tree, SemanticModel Model)> Trees(string project)
    {
        var compilation = Projects[project];
        return compilation.SyntaxTrees.Where(tree => tree.FilePath.Length > 0)
            .Select(tree => (tree, compilation.GetSemanticModel(tree)));
    }

    /// <summary>Parses one text as this repository's C#.</summary>
    public static SyntaxTree Parse(string text, string path = "")
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview, preprocessorSymbols: ["ARCH_X64"]);
        return CSharpSyntaxTree.ParseText(text, options, path);
    }

    /// <summary>Binds one text against the platform and <paramref name="references"/>.</summary>
    public static CSharpCompilation Compile(
        string name, IEnumerable<SyntaxTree> trees, params MetadataReference[] references)
    {
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true);
        return CSharpCompilation.Create(
            name, trees.Append(Parse(GlobalUsings)), PlatformReferences().Concat(references), options);
    }

    /// <summary>The 1-based line where a node starts.</summary>
    public static int Line(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    private static Dictionary<string, CSharpCompilation> CompileAll()
    {
        var interop = Compile("Skiff.Interop", ProjectTrees("Interop"));
        var layers = Compile("Skiff.Layers", ProjectTrees("Layers"), interop.ToMetadataReference());
        var agent = Compile("skiff", ProjectTrees("Agent"),
            interop.ToMetadataReference(), layers.ToMetadataReference());
        return new() { ["Interop"] = interop, ["Layers"] = layers, ["Agent"] = agent };
    }

    private static IEnumerable<SyntaxTree> ProjectTrees(string project)
    {
        // Two declarations of each syscall number would not bind.
        return Repository.Files($"src/{project}", ".cs").Where(path => !path.EndsWith(".arm64.cs"))
            .Select(path => Parse(Repository.Read(path), path));
    }

    // Everything this test program runs on, packages included, but not the engine's own assemblies.
    private static IEnumerable<MetadataReference> PlatformReferences()
    {
        var platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return platform.Split(':')
            .Where(path => !Path.GetFileName(path).StartsWith("skiff", StringComparison.OrdinalIgnoreCase))
            .Select(path => MetadataReference.CreateFromFile(path));
    }
}
