using Skiff.Agent.Api;

namespace Skiff.Architecture.Tests;

/// <summary>
/// The table of the API's operations and docker-api.txt, which has method, path, id and parameters of each operation of
/// the published description (1.51).
/// </summary>
public class ApiTableTests
{
    private static readonly List<string[]> s_described = [.. Repository
        .Read("tests/Architecture.Tests/docker-api.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' '))];

    [Fact]
    public void Each_operation_but_those_of_swarms_is_answered() => Assert.Equal(
        s_described.Where(row => !SwarmPaths.IsOne(row[1])).Select(row => string.Join(' ', row[..3])).Order(),
        OperationTable.Rows.Select(row => $"{row.Method} {row.Path} {row.Name}").Order());

    [Fact]
    public void Each_path_finds_its_own_operation() => Assert.All(OperationTable.Rows, row =>
    {
        string path = row.Path.Replace("{id}", "some").Replace("{name}", "some");
        Assert.Equal(row.Name, OperationTable.Rows
            .First(other => other.Method == row.Method && other.Matches(path, out _)).Name);
    });
}
