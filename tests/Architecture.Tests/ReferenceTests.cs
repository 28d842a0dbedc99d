using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Skiff.Architecture.Tests;

/// <summary>Which project may use which: Agent -> Layers -> Interop -> BCL, and the packages each one is
/// allowed.</summary>
public class ReferenceTests
{
    /// <summary>The table: a shipped project, the projects it may reference, the packages it may use.</summary>
    private static readonly Dictionary<string, (string[] Projects, string[] Packages)> s_allowed = new()
    {
        ["Interop"] = ([], ["Tmds.LibC"]),
        ["Layers"] = (["Interop"],
            ["ZstdSharp.Port", "SharpCompress", "CommunityToolkit.HighPerformance", "System.IO.Pipelines"]),
        ["Agent"] = (["Layers", "Interop"],
            ["System.CommandLine", "Spectre.Console", "Wcwidth", "YamlDotNet", "SharpYaml"]),
    };

    [Fact]
    public void Shipped_projects_are_the_three_of_the_table()
    {
        var found = Repository.Files("src", ".csproj").Select(path => Path.GetFileNameWithoutExtension(path)).Order();
        Assert.Equal(s_allowed.Keys.Order(), found);
    }

    [Theory]
    [InlineData("Interop")]
    [InlineData("Layers")]
    [InlineData("Agent")]
    public void Project_references_only_what_its_row_allows(string project)
    {
        var path = $"src/{project}/{project}.csproj";
        var (projects, packages) = s_allowed[project];
        var document = Load(path);
        var wrongProjects = Includes(document, "ProjectReference")
            .Where(row => !projects.Contains(Path.GetFileNameWithoutExtension(row.Include)));
        var wrongPackages = Includes(document, "PackageReference").Where(row => !packages.Contains(row.Include));
        Finding.AssertNone(wrongProjects.Concat(wrongPackages).Select(row =>
            new Finding(path, row.Line, $"{project} may not reference {row.Include}; the table is in ReferenceTests")));
    }

    [Fact]
    public void Unsafe_code_is_allowed_in_Interop_and_its_tests_only()
    {
        string[] allowed = ["src/Interop/Interop.csproj", "tests/Interop.Tests/Interop.Tests.csproj"];
        var projects = Projects().Concat(["aot.props", "Directory.Build.props"]);
        Finding.AssertNone(projects.Except(allowed).SelectMany(path => Load(path).Descendants("AllowUnsafeBlocks")
            .Where(element => element.Value.Trim() != "false")
            .Select(element => new Finding(path, Line(element),
                "AllowUnsafeBlocks belongs to Interop: the compiler is the fence"))));
    }

    [Fact]
    public void Nothing_that_is_reached_uses_regular_expressions_but_YamlDotNet()
    {
        // src/Agent/substitutions.xml leaves their engine out of the binary. SharpCompress has them for the names of
        // archives; only its decompressors are used.
        string[] packages = [.. Repository.Files("src", ".csproj").SelectMany(path =>
            Includes(Load(path), "PackageReference").Select(row => row.Include.Replace(".Port", "")))];
        string[] shipped = ["skiff", "Skiff.Layers", "Skiff.Interop", .. packages];
        string[] there = [.. shipped.Where(name => File.Exists(PathOf(name)))];
        Assert.Contains("SharpCompress", there);
        Assert.Equal(["SharpCompress", "YamlDotNet"], there.Where(UsesRegularExpressions).Order());
        Finding.AssertNone(
            from path in Repository.Files("src", ".cs")
            from line in Repository.Read(path).Split('\n').Index()
            where line.Item.Contains("SharpCompress.") && !line.Item.Contains("SharpCompress.Compressors")
            select new Finding(path, line.Index + 1, "only the decompressors of SharpCompress may be used"));
    }

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, $"{name}.dll");

    private static bool UsesRegularExpressions(string name)
    {
        using FileStream file = File.OpenRead(PathOf(name));
        using var image = new PEReader(file);
        MetadataReader metadata = image.GetMetadataReader();
        return metadata.TypeReferences.Any(handle =>
            metadata.GetString(metadata.GetTypeReference(handle).Name) == "Regex");
    }

    [Fact]
    public void Package_versions_are_central()
    {
        Finding.AssertNone(Projects().SelectMany(path => Load(path).Descendants("PackageReference")
            .Where(element => element.Attribute("Version") is not null)
            .Select(element => new Finding(path, Line(element), "versions go to Directory.Packages.props"))));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Read("Agent.sln").Replace('\\', '/');
        Finding.AssertNone(Projects().Where(path => !solution.Contains($"\"{path}\""))
            .Select(path => new Finding(path, 1, "is not in Agent.sln")));
    }

    private static IEnumerable<string> Projects() =>
        ((string[])["src", "tests", "bench"]).SelectMany(folder => Repository.Files(folder, ".csproj"));

    private static XDocument Load(string path) =>
        XDocument.Load(Path.Combine(Repository.Root, path), LoadOptions.SetLineInfo);

    private static IEnumerable<(string Include, int Line)> Includes(XDocument document, string kind) =>
        document.Descendants(kind).Select(element => ((string)element.Attribute("Include")!, Line(element)));

    private static int Line(XElement element) => ((global::System.Xml.IXmlLineInfo)element).LineNumber;
}
