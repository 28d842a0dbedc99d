using System.Text.Json;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Cli.Display;

public sealed class ListingTests
{
    private static readonly Listing<(string Id, string Image, string Name)> s_list = new(
        new("ID", "CONTAINER ID", row => row.Id),
        new("Image", "IMAGE", row => row.Image),
        new("Labels", "LABELS", _ => "a=<1>", Shown: false),
        new("Names", "NAMES", row => row.Name));

    private static readonly (string, string, string)[] s_rows =
    [
        ("0123456789ab", "debian:bookworm", "web"), ("ba9876543210", "a", "größer"),
    ];

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("table")]
    public void The_default_table_has_dockers_columns(string? format) => Assert.Equal(
        "CONTAINER ID   IMAGE             NAMES\n"
        + "0123456789ab   debian:bookworm   web\n"
        + "ba9876543210   a                 größer\n", s_list.Render(s_rows, format));

    [Fact]
    public void Columns_are_at_least_ten_wide() => Assert.Equal(
        "A         B         C\n1         2         3\n", TextTable.Render(["A\tB\tC", "1\t2\t3"]));

    [Fact]
    public void An_empty_list_is_a_header() =>
        Assert.Equal("CONTAINER ID   IMAGE     NAMES\n", s_list.Render([], null));

    [Theory]
    [InlineData("{{.ID}}: {{.Names}}", "0123456789ab: web\nba9876543210: größer\n")]
    [InlineData("table {{.Names}}\\t{{.Labels}}", "NAMES     LABELS\nweb       a=<1>\ngrößer    a=<1>\n")]
    [InlineData("{{truncate .ID 4 | upper}}", "0123\nBA98\n")]
    [InlineData("{{.Image | upper}}", "DEBIAN:BOOKWORM\nA\n")]
    [InlineData("{{if eq .Names \"web\"}}yes{{else}}no{{end}}", "yes\nno\n")]
    public void Formats_are_templates(string format, string expected) =>
        Assert.Equal(expected, s_list.Render(s_rows, format));

    [Fact]
    public void Json_has_every_field() => Assert.Equal(
        "{\"ID\":\"0123456789ab\",\"Image\":\"debian:bookworm\",\"Labels\":\"a=<1>\",\"Names\":\"web\"}\n",
        s_list.Render([s_rows[0]], "json"));

    [Fact]
    public void An_unknown_field_is_named()
    {
        UsageException e = Assert.Throws<UsageException>(() => s_list.Render(s_rows, "{{.Nope}}"));
        Assert.Contains("\"Nope\"", e.Message);
    }

    [Theory]
    [InlineData("{{.State.Status}}", "running")]
    [InlineData("{{.State.Pid}} {{.State.Running}}", "42 true")]
    [InlineData("{{json .State}}", "{\"Status\":\"running\",\"Pid\":42,\"Running\":true,\"Error\":null}")]
    [InlineData("{{json .Args}}", "[\"-c\",\"a b\"]")]
    [InlineData("{{.Args}}", "[-c a b]")]
    [InlineData("{{.Labels}}", "map[a:1 b.c:2]")]
    [InlineData("{{index .Labels \"b.c\"}}|{{index .Labels \"no\"}}", "2|")]
    [InlineData("{{index .Args 1}}", "a b")]
    [InlineData("{{range .Args}}<{{.}}>{{end}}", "<-c><a b>")]
    [InlineData("{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", "a=1;b.c=2;")]
    [InlineData("{{range .Networks}}{{.IPAddress}}{{end}}", "10.0.0.2")]
    [InlineData("{{range .Empty}}x{{else}}none{{end}}", "none")]
    [InlineData("{{with .State}}{{.Status}}{{end}}", "running")]
    [InlineData("{{if .State.Error}}bad{{else}}good{{end}}", "good")]
    [InlineData("{{if and .State.Running (eq .State.Pid 42)}}both{{end}}", "both")]
    [InlineData("{{not .State.Running}} {{len .Args}} {{len .State.Status}}", "false 2 7")]
    [InlineData("{{join .Args \",\"}}", "-c,a b")]
    [InlineData("{{.State.Status | upper | printf}}", "RUNNING")]
    [InlineData("a {{- .State.Pid -}}  b", "a42b")]
    [InlineData("{{/* nothing */}}x", "x")]
    [InlineData("{{$x := .State}}{{$x.Pid}}{{$.State.Pid}}", "4242")]
    [InlineData("{{(index .Networks \"n\").IPAddress}}", "10.0.0.2")]
    [InlineData("{{println .State.Pid}}", "42\n")]
    [InlineData("{{if eq .State.Pid 1}}a{{else if gt .State.Pid 41}}b{{else}}c{{end}}!", "b!")]
    [InlineData("{{if false}}a{{else if false}}b{{else}}c{{end}}!", "c!")]
    [InlineData("{{if false}}a{{else with .State.Status}}{{.}}{{end}}!", "running!")]
    [InlineData("{{if true}}a{{else if", null)]
    [InlineData("{{if true}}a{{else if true}}b", null)]
    [InlineData("{{lt 1 2}} {{le 2 1}} {{ge .State.Pid 42}} {{lt \"a\" \"b\"}}", "true false true true")]
    [InlineData("{{lt 1 \"b\"}}", null)]
    [InlineData("{{slice .State.Status 1 3}} {{slice .Args 1}} {{slice .Args 0 1 | json}}", "un [a b] [\"-c\"]")]
    [InlineData("{{slice .State.Status 3 99}}", null)]
    [InlineData("{{slice .State.Status -1}}", null)]
    [InlineData("<{{pad .State.Status 2 3}}|{{pad \"\" 2 3}}>", "<  running   |>")]
    [InlineData("{{printf \"%s-%5d|%-4d|%q|%04d|%t|%%\" .State.Status 42 42 \"x\" 7 true}}",
        "running-   42|42  |\"x\"|0007|true|%")]
    [InlineData("{{printf \"%.3s|%.1f|%x\" .State.Status 2 255}}", "run|2.0|ff")]
    [InlineData("{{printf \"%d %s\" \"x\"}}|{{printf \"a\" 1}}|{{printf \"%\"}}",
        "%!d(string=x) %!s(MISSING)|a%!(EXTRA int=1)|%!(NOVERB)")]
    [InlineData("{{.State.Health.Status}}", null)]
    [InlineData("{{.State", null)]
    [InlineData("{{if .State}}", null)]
    [InlineData("{{end}}", null)]
    [InlineData("{{}}", null)]
    [InlineData("{{.State.Pid 3}}", null)]
    [InlineData("{{\"open}}", null)]
    [InlineData("{{(.State}}", null)]
    public void Inspect_templates_walk_json(string template, string? expected)
    {
        using JsonDocument document = JsonDocument.Parse("""
            {"State":{"Status":"running","Pid":42,"Running":true,"Error":null},"Args":["-c","a b"],
             "Labels":{"b.c":"2","a":"1"},"Networks":{"n":{"IPAddress":"10.0.0.2"}},"Empty":[]}
            """);
        JsonElement root = document.RootElement;
        if (expected is null)
            Assert.StartsWith("template parsing error: ",
                Assert.Throws<UsageException>(() => FormatTemplate.Parse(template).Execute(root)).Message);
        else Assert.Equal(expected, FormatTemplate.Parse(template).Execute(root));
    }
}
