namespace Skiff.Agent.Api;

internal sealed class ExecTable
{
}
