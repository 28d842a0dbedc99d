using System.Diagnostics;

namespace Skiff.System.Tests.Api;

/// <summary>The matrix of clients: what each of the programs that people use does with the agent.</summary>
public sealed class ClientMatrixTests(ApiAgent api, ITestOutputHelper output) : IClassFixture<ApiAgent>
{
    [Theory]
    [InlineData("20", "out/tools/engines/usr/bin")]
    [InlineData("28", "out/tools/clients/usr/bin")]
    public void Docker_s_commands_print_and_end_as_Docker_documents(string version, string directory)
    {
        using var clients = new ApiClients(api, directory);
        Report($"docker {version}", DockerCommand.ReadAll(version).GroupBy(command => command.Section), section =>
        {
            string folder = clients.Begin();
            return [.. section.Select(command => command.Problem(clients.Run(command.Line, folder)))];
        });
    }

    [Fact]
    public void Docker_py_does_all_that_its_script_asks()
    {
        using var clients = new ApiClients(api, "out/tools/clients/usr/bin");
        string script = $"{SkiffHost.Script("clients")} python "
            + SkiffHost.Source("tests/System.Tests/Api/docker-py.py");
        string[] cells = clients.Run($"{script} list", clients.Begin()).Exits(0).Lines;
        Report("docker-py", cells.GroupBy(cell => cell), cell =>
        {
            CommandResult result = clients.Run($"{script} {cell.Key}", clients.Begin());
            return [result.ExitCode == 0 ? "" : result.ToString()];
        });
    }

    /// <summary>A line of the table of clients, also of those that have tests of their own.</summary>
    internal static string Row(string client, string group, int good, int all) =>
        $"clients: {client,-16}{group,-20}{good,4} of {all,3} {(good == all ? "pass" : "FAIL")}";

    // One line of the table a group; a problem is empty when there is none.
    private void Report<T>(string client, IEnumerable<IGrouping<string, T>> groups,
        Func<IGrouping<string, T>, string[]> attempt)
    {
        var watch = Stopwatch.StartNew();
        var problems = new List<string>();
        int count = 0;
        foreach (IGrouping<string, T> group in groups)
        {
            string[] results = attempt(group);
            string[] bad = [.. results.Where(problem => problem.Length > 0)];
            output.WriteLine(Row(client, group.Key, results.Length - bad.Length, results.Length));
            problems.AddRange(bad.Select(problem => $"{client}: [{group.Key}] {problem}"));
            count += results.Length;
        }
        output.WriteLine($"{Row(client, "", count - problems.Count, count)} in {watch.Elapsed.TotalSeconds:0} s");
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }
}
