namespace Skiff.Agent.Cli.Display;

/// <summary>A field of a list's rows.</summary>
/// <param name="Field">Its name in <c>--format</c>, such as <c>ID</c>.</param>
/// <param name="Header">Its heading in tables, such as <c>CONTAINER ID</c>.</param>
/// <param name="Value">Its text for a row.</param>
/// <param name="Shown">Whether the table without <c>--format</c> has it.</param>
internal sealed record Column<T>(string Field, string Header, Func<T, string> Value, bool Shown = true);
