/**
 * An application that was written for Spring Session: nothing in it knows of Latchkey, and nothing
 * changes when it migrates. Its tests are in the package above.
 */
@NullMarked
package io.latchkey.migration.shop;

import org.jspecify.annotations.NullMarked;
