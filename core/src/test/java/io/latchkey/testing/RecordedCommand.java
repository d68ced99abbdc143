package io.latchkey.testing;

/**
 * A command as the {@link RecordingProxy} saw it.
 *
 * @param connection the number of its connection, counted from 1 in the order of their opening
 * @param name its name in upper case, such as {@code EVALSHA}
 * @param args the number of its arguments, without the name
 * @param bytes its length on the wire, all in all
 */
public record RecordedCommand(int connection, String name, int args, int bytes) {}
