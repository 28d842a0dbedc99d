namespace Skiff.System.Tests;

/// <summary>The matrix: each verb that carries images, against each real part, in both stores.</summary>
public sealed class MatrixTests(SkiffHost host, ITestOutputHelper output)
{
    [Fact]
    public void Pull_and_push_work_with_every_registry_and_through_every_fault()
    {
        using RegistryCells cells = new(host);
        MatrixTable table = new("pull", "push");
        cells.AddTo(table);
        table.Run(output.WriteLine);
        Assert.True(!table.Failures.Any(), string.Join('\n', table.Failures));
    }

    [Fact]
    public void Save_and_load_work_with_every_other_program()
    {
        Command.Run(SkiffHost.Script("podman"), "install").Exits(0);
        MatrixTable table = new("load", "save");
        new ArchiveCells(host).AddTo(table);
        table.Run(output.WriteLine);
        Assert.True(!table.Failures.Any(), string.Join('\n', table.Failures));
    }
}
