package io.latchkey.migration.shop;

import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.WebFilterExchange;
import org.springframework.security.web.server.authentication.logout.RedirectServerLogoutSuccessHandler;
import org.springframework.security.web.server.authentication.logout.ServerLogoutSuccessHandler;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

@SpringBootApplication
class ShopApplication {
  private static final ServerLogoutSuccessHandler SIGNED_OUT =
      new RedirectServerLogoutSuccessHandler();

  @Bean
  SecurityWebFilterChain security(ServerHttpSecurity http) {
    return http.authorizeExchange(
            paths -> paths.pathMatchers("/account").authenticated().anyExchange().permitAll())
        .formLogin(Customizer.withDefaults())
        .logout(logout -> logout.logoutSuccessHandler(ShopApplication::endSession))
        .build();
  }

  /**
   * In the success handler, which comes last: after a {@code WebSessionServerLogoutHandler} the
   * logout handler for the form's token would change the id of a session that has ended.
   */
  private static Mono<Void> endSession(WebFilterExchange exchange, Authentication authentication) {
    return exchange
        .getExchange()
        .getSession()
        .flatMap(WebSession::invalidate)
        .then(SIGNED_OUT.onLogoutSuccess(exchange, authentication));
  }

  @Bean
  MapReactiveUserDetailsService users() {
    return new MapReactiveUserDetailsService(
        User.withUsername("ada").password("{noop}engine").roles("CUSTOMER").build());
  }
}
