/**
 * The sample shop's cart page under load: with Latchkey, with Spring Session, and without sessions.
 * {@link io.latchkey.benchmarks.shop.ShopRun} is the command.
 */
@NullMarked
package io.latchkey.benchmarks.shop;

import org.jspecify.annotations.NullMarked;
