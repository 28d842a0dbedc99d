using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Skiff.Architecture.Tests;

/// <summary>Lines, methods and files stay small enough to read.</summary>
public class SizeTests
{
    private const int MaxLine = 120;
    private const int MaxMethod = 70;
    private const int MaxFile = 400;

    private static readonly string[] s_codeFolders = ["src", "tests", "bench"];

    /// <summary>Files that are data tables: length is what they are for.</summary>
    private static readonly string[] s_tables =
    [
        "src/Interop/Syscalls/SyscallNumbers.x64.cs",
        "src/Interop/Syscalls/SyscallNumbers.arm64.cs",
        "src/Interop/Seccomp/SyscallTable.Data.cs",
    ];

    [Fact]
    public void Lines_are_at_most_120_columns() =>
        Finding.AssertNone(CodeAndScripts().SelectMany(path => LongLines(path, Repository.Read(path))));

    [Fact]
    public void Files_are_at_most_400_lines_except_tables() =>
        Finding.AssertNone(Code().Except(s_tables)
            .Select(path => (path, lines: Repository.Read(path).Count(c => c == '\n')))
            .Where(file => file.lines > MaxFile)
            .Select(file => new Finding(file.path, MaxFile,
                $"{file.lines} lines; split it ({MaxFile} at most, tables excepted)")));

    [Fact]
    public void Methods_are_at_most_70_lines() =>
        Finding.AssertNone(Code().SelectMany(path => LongMethods(Sources.Parse(Repository.Read(path), path))));

    [Fact]
    public void Public_types_have_a_file_each() =>
        Finding.AssertNone(Repository.Files("src", ".cs")
            .SelectMany(path => ExtraTypes(Sources.Parse(Repository.Read(path), path))));

    [Fact]
    public void A_long_line_and_a_long_method_are_found()
    {
        Assert.Single(LongLines("a.cs", new string('x', MaxLine) + "\n" + new string('x', MaxLine + 1)));
        var body = string.Concat(Enumerable.Repeat("M();\n", MaxMethod));
        Assert.Single(LongMethods(Sources.Parse($"class A {{ void M() {{\n{body}}} }}")));
        Assert.Single(ExtraTypes(Sources.Parse("public class A; public class B;")));
    }

    private static IEnumerable<string> Code() => s_codeFolders.SelectMany(folder => Repository.Files(folder, ".cs"));

    private static IEnumerable<string> CodeAndScripts() =>
        Code().Concat(Repository.Files("scripts")).Concat(["Makefile"]).Concat(Repository.Files("tests/vm", "", ".sh"))
            .Concat(Repository.Files("bench/peers", "", ".sh"));

    private static IEnumerable<Finding> LongLines(string path, string text) => text.Split('\n')
        .Select((line, index) => (line, number: index + 1))
        .Where(row => row.line.Length > MaxLine)
        .Select(row => new Finding(path, row.number, $"{row.line.Length} columns ({MaxLine} at most)"));

    private static IEnumerable<Finding> LongMethods(SyntaxTree tree) => tree.GetRoot().DescendantNodes()
        .Where(node => node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax)
        .Select(node => (node, lines: Lines(node)))
        .Where(row => row.lines > MaxMethod)
        .Select(row => new Finding(tree.FilePath, Sources.Line(row.node),
            $"a method of {row.lines} lines ({MaxMethod} at most)"));

    // Partial types may be split over files named Type.Aspect.cs; nested types belong to their owner.
    private static IEnumerable<Finding> ExtraTypes(SyntaxTree tree) => tree.GetRoot().DescendantNodes()
        .OfType<MemberDeclarationSyntax>()
        .Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
        .Where(node => node.Parent is BaseNamespaceDeclarationSyntax or CompilationUnitSyntax)
        .Where(node => node.Modifiers.Any(modifier => modifier.Text == "public"))
        .Skip(1)
        .Select(node => new Finding(tree.FilePath, Sources.Line(node), "a second public type in one file"));

    private static int Lines(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}
