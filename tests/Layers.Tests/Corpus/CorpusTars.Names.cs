using System.Text;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>Names.</summary>
internal static partial class CorpusTars
{
    private static IEnumerable<CorpusTar> Names =>
    [
        Of("names of any bytes", t =>
        {
            for (int b = 1; b < 256; b++)
                if (b is not '/' and not '.') t.Add($"d/{(char)b}", data: $"{b}").Add($"x{(char)b}y");
            return t.End();
        }),
        Of("names in UTF-8", t => t.Add(Utf8("gr\u00fc\u00dfe/\u6f22\u5b57/\U0001F600"), data: "x")
            .Pax("path=" + Utf8("e\u0301 and \u00e9")).Add("s").End()),
        Of("names that shells and tools stumble over", t => t.Add("-rf", data: "1").Add("a b").Add(" ").Add("new\nline")
            .Add("\\n").Add("*").Add("...").Add("~").Add("$(x)").Add("a\tb").Add("quote\"'").End()),
        Of("names with dots and slashes", t => t.Add("./a", data: "1").Add(".//b/./c", data: "2").Add("d//e", data: "3")
            .Directory("f//").Directory("./g/./").End()),
        Of("absolute names", t => t.Directory("/d/").Add("/d/f", data: "x").Add("//e", data: "y").End()),
        Of("longest names", t => t.Pax("path=" + new string('n', 255)).Add("s", data: "x")
            .Pax("path=" + new string('d', 255) + "/" + new string('f', 255)).Add("s", data: "y").End()),
        Of("longest path", t => t.Pax("path=" + Long(3900)).Add("s", data: "deep").End()),
        Of("names that differ in case or length only", t => t.Add("a").Add("A").Add("aa").Add("a.").Add("a-").Add("a0")
            .Directory("b/").Add("b/a").Directory("b-/").Directory("b0/").End()),
        Of("hidden names that are no whiteouts", t => t.Add(".wh", data: "1").Add(".whatever", data: "2").Add("x.wh.y")
            .Directory(".w/").End()),
    ];

    private static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
