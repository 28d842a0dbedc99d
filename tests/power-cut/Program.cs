using Skiff.PowerCut;

// power-cut CUTS SEED WINDOW_MS IMAGE DIRECTORY QEMU...: see tests/vm/power-cut, which calls it.
if (args.Length < 6)
{
    Console.Error.WriteLine("usage: power-cut CUTS SEED WINDOW_MS IMAGE DIRECTORY QEMU...");
    return 2;
}
using var campaign = new Campaign(
    new Settings(int.Parse(args[0]), int.Parse(args[1]), int.Parse(args[2]), args[3], args[4], args[5..]), Console.Out);
int cuts;
try
{
    cuts = campaign.Run();
}
catch (Exception e) when (e is GuestException or TimeoutException or PowerCutException)
{
    Console.WriteLine($"seed {args[1]}: {e}");
    return 1;
}
Console.WriteLine($"{cuts} cuts, {campaign.Acknowledged} acknowledged commands, seed {args[1]}");
Console.WriteLine($"{cuts - campaign.Failed} passed, {campaign.Failed} failed, 0 skipped");
return campaign.Failed == 0 ? 0 : 1;
