using Skiff.Agent.Api;
using Skiff.Agent.Manager.Settings;

namespace Skiff.Architecture.Tests;

/// <summary>
/// Sockets with a scope: each operation has been thought of. One that has not is refused, which the last test shows.
/// </summary>
public class ScopeTableTests
{
    [Fact]
    public void Each_operation_has_one_row() => Assert.All(OperationTable.Rows, operation =>
        Assert.Single(ScopeTable.Rows, row => row.Name == operation.Name));

    [Fact]
    public void Each_row_is_an_operation_of_the_description()
    {
        var described = Repository.Read("tests/Architecture.Tests/docker-api.txt")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[2]).ToHashSet();
        Assert.All(ScopeTable.Rows, row => Assert.Contains(row.Name, described));
    }

    [Fact]
    public void What_may_be_asked_for_where_nothing_may_be_changed_is_a_GET() => Assert.All(OperationTable.Rows, row =>
        Assert.True(!ScopeTable.Of(row.Name).Reads || row.Method is "GET" or "HEAD", row.Name));

    [Fact]
    public void What_names_a_container_a_network_or_a_process_is_held_to_the_label() => Assert.All(
        OperationTable.Rows, row =>
        {
            ScopeRule rule = ScopeTable.Of(row.Name).Rule;
            string[] rules = row.Path.StartsWith("/containers/{", StringComparison.Ordinal) ? ["Container"]
                : row.Path.StartsWith("/exec/{", StringComparison.Ordinal) ? ["Exec"]
                : row.Path.StartsWith("/networks/{", StringComparison.Ordinal) ? ["Network", "Handled"]
                : row.Path.StartsWith("/volumes/{", StringComparison.Ordinal) ? ["Refused", "Volume", "Handled"]
                : ["Free", "Handled", "Refused"];
            Assert.Contains(rule.ToString(), rules);
        });

    [Fact]
    public void What_has_no_row_is_refused()
    {
        var row = ScopeTable.Of("ContainerTeleport");
        Assert.False(row.Reads);
        Assert.Equal(ScopeRule.Refused, row.Rule);
        Assert.Equal(ScopeRule.Refused, default);
    }

    [Fact]
    public void A_scope_without_a_label_is_read_only() => Assert.True(SocketScope.Parse("read-only").IsReadOnly);
}
