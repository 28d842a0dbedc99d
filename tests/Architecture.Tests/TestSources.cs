using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Skiff.Architecture.Tests;

/// <summary>The sources of all tests, for the tables of the documentation that name them.</summary>
internal static class TestSources
{
    private static readonly Lazy<Dictionary<string, string>> s_byName = new(Read);

    /// <summary>
    /// Each test by the name that a table gives it, CLASS.METHOD or vm/CASE, with its source and that of what it names
    /// in its own class.
    /// </summary>
    public static IReadOnlyDictionary<string, string> ByName => s_byName.Value;

    private static Dictionary<string, string> Read()
    {
        var tests = new Dictionary<string, string>();
        foreach (string path in Repository.Files("tests/vm/cases", ".sh"))
            tests[$"vm/{Path.GetFileNameWithoutExtension(path)}"] = Repository.Read(path);
        foreach (string path in Repository.Files("tests", ".cs"))
            foreach (var type in Sources.Parse(Repository.Read(path)).GetRoot().DescendantNodes()
                .OfType<ClassDeclarationSyntax>())
                foreach (var method in type.Members.OfType<MethodDeclarationSyntax>())
                    tests[$"{type.Identifier.Text}.{method.Identifier.Text}"] = WithNamed(type, method);
        return tests;
    }

    private static string WithNamed(ClassDeclarationSyntax type, MethodDeclarationSyntax method)
    {
        var words = method.DescendantTokens().Select(token => token.ValueText).ToHashSet();
        return string.Join('\n', type.Members.Where(member => member == method || Names(member).Any(words.Contains)));
    }

    private static IEnumerable<string> Names(MemberDeclarationSyntax member) => member switch
    {
        PropertyDeclarationSyntax property => [property.Identifier.Text],
        MethodDeclarationSyntax { AttributeLists.Count: 0 } method => [method.Identifier.Text],
        FieldDeclarationSyntax field => field.Declaration.Variables.Select(one => one.Identifier.Text),
        _ => [],
    };
}
